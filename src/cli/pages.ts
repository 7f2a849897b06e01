import type { App } from "../app.ts";
import type { Row } from "./output.ts";

const pageSize = 500;

interface Page {
  items: Row[];
  next: string | null;
}

/** Everything that a list of the administration API has, page by page. @param id an operation that takes `limit` and `cursor` */
export async function* everyItem(
  { admin }: Pick<App, "admin">,
  id: string,
  filter: object = {},
  params: Record<string, string> = {},
): AsyncGenerator<Row> {
  let cursor: string | null | undefined;
  do {
    const asked = { ...filter, limit: pageSize, ...(cursor ? { cursor } : {}) };
    // Some lists are asked for in the query, some in the body.
    const { body } = await admin(id, { params, query: asked, body: asked });
    const page = body as unknown as Page;
    yield* page.items;
    cursor = page.next;
  } while (cursor);
}

/** As many as requested. If there are more, a line on standard error says so. */
export async function firstItems(items: AsyncIterable<Row>, most: number): Promise<Row[]> {
  const taken: Row[] = [];
  for await (const item of items) {
    if (taken.length === most) {
      console.error(`There are more than ${most}. List more with --limit.`);
      break;
    }
    taken.push(item);
  }
  return taken;
}
