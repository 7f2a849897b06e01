/** Whoever looks for what was meddled with reads that too, though it is no JSON any more. */
export function readable(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return { unreadable: json };
  }
}
