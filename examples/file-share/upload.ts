// A file that a browser sends (multipart/form-data, RFC 7578), read by Node.js itself.
import type { Context } from "koa";

const mostBytes = 1024 * 1024;

/** @throws 413 if it is larger than 1 MiB, 422 if no file was chosen */
export async function uploadedFile(ctx: Context): Promise<{ name: string; content: Buffer }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) ctx.throw(413);
    chunks.push(chunk);
  }
  const headers = { "content-type": ctx.get("content-type") };
  const form = await new Response(Buffer.concat(chunks), { headers }).formData().catch(() => undefined);
  const file = form?.get("file");
  if (!(file instanceof File) || file.name === "") return ctx.throw(422);
  return { name: file.name.slice(-100), content: Buffer.from(await file.arrayBuffer()) };
}
