/** Someone looking for tampering must be able to read a changed value too, even if it is no longer JSON. */
export function readable(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return { unreadable: json };
  }
}
