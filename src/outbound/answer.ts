// An application's answer to a message, shortened for people to read.
import { parseJson } from "../json.ts";
import { excerpt } from "../texts/excerpt.ts";

/** Characters of an application's words that are kept. */
const longestWords = 180;

/** The most bytes of an answer that are read. */
const mostRead = 4096;

/** @returns "answered 503: try later": the status, and `error` and `error_description` or the text of the answer */
export async function answered(response: Response): Promise<string> {
  return [`answered ${response.status}`, await wordsOf(response)].filter(Boolean).join(": ");
}

async function wordsOf(response: Response): Promise<string> {
  const text = await beginningOf(response).catch(() => "");
  try {
    const { error, error_description: description } = parseJson(text) as { error?: unknown; error_description?: unknown };
    return excerpt([error, description].filter((part) => typeof part === "string").join(" ")).slice(0, longestWords);
  } catch {
    return /^\s*</.test(text) ? "" : excerpt(text).slice(0, longestWords);
  }
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    read += (chunk as Uint8Array).length;
    if (read >= mostRead) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, mostRead));
}
