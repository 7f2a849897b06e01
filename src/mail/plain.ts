// Names and messages are written by strangers: nothing in them may begin a header, hide text or turn it around.
import { withoutTurns } from "../texts/texts.ts";

/** The longest that an email address can be (RFC 5321, 4.5.3.1, with room for quotes), so that none is ever cut. */
const mostInALine = 320;
const mostInASubject = 150;
const mostInAMessage = 2000;
const mostLines = 40;

/** One line: no control characters, no line ends, nothing invisible except the joiners that some scripts need, at most `most` characters. */
export function oneLine(text: string, most = mostInALine): string {
  return shortened(visible(text).replace(/\s+/g, " ").trim(), most);
}

/** Nothing in it begins an encoded word (RFC 2047, 2): a mail program would decode from it what is removed here. */
export function subjectLine(text: string): string {
  return shortened(oneLine(text).replaceAll("=?", "= ?"), mostInASubject);
}

/** The lines of a message that a person wrote, each as oneLine, without empty ones at its ends or two of them in a row. */
export function messageLines(text: string): string[] {
  const lines = shortened(text, mostInAMessage)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => oneLine(line, mostInAMessage))
    .filter((line, index, all) => line !== "" || (index > 0 && all[index - 1] !== ""))
    .slice(0, mostLines);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Line and paragraph separators and control characters become spaces; format characters and halves of surrogate pairs go. */
function visible(text: string): string {
  return withoutTurns(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/(?![\u200c\u200d])[\p{Cf}\p{Cs}]/gu, "");
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = [...text.slice(0, most * 2)];
  return characters.length <= most && text.length <= most * 2
    ? text
    : `${characters
        .slice(0, most - 1)
        .join("")
        .trimEnd()}…`;
}
