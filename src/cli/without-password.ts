/** A URL that can be shown: of a database or a mail server, as configured. */
export function withoutPassword(text: string): string {
  if (text.startsWith("sqlite:")) return text;
  const url = URL.parse(text);
  if (!url) return "***";
  if (url.password) url.password = "***";
  if (url.searchParams.has("password")) url.searchParams.set("password", "***");
  return url.href;
}
