// URLs of servers that carry a user and a password. One unencoded "/", "@" or "#" in a password turns the rest of it into a host or
// a path, which would then appear in messages: such a URL is refused before anything reads it.

const login = "(?:(?:[^\\s/?#@%]|%[0-9a-f]{2})*@)?";
const host = "(?:[\\p{L}\\p{N}][\\p{L}\\p{N}._-]*|\\[[0-9a-f:.]+\\])";
const port = "(?::\\d{1,5})?";
const query = "(?:\\?[^\\s#@]*)?";
const smtp = new RegExp(`^smtps?://${login}${host}${port}/?${query}$`, "iu");
/** Without a host, or with a percent-encoded path for one, it is a Unix socket. */
const postgres = new RegExp(`^postgres(?:ql)?://${login}(?:${host}|%2f[^\\s/?#@]*)?${port}(?:/[^\\s/?#@]*)?${query}$`, "iu");

export function isSmtpUrl(text: string): boolean {
  return smtp.test(text) && URL.canParse(text) && URL.parse(text)?.port !== "0";
}

/**
 * Options of the URL that set how TLS begins, the name on the certificate, and the timeouts (milliseconds). No others:
 * nodemailer has some that turn its checks off or print the conversation.
 */
const smtpOptions =
  /^(?:(?:requireTLS|ignoreTLS)=(?:true|false)|tls\.servername=[\w.-]+|(?:connectionTimeout|greetingTimeout|socketTimeout)=[1-9]\d{0,5})$/;

/** Whether all options of the URL are known. Text that is not a URL is reported elsewhere. */
export function hasKnownSmtpOptions(text: string): boolean {
  return [...(URL.parse(text)?.searchParams ?? [])].every(([name, value]) => smtpOptions.test(`${name}=${value}`));
}

export function isPostgresUrl(text: string): boolean {
  return postgres.test(text) && URL.canParse(text);
}

/** The URL without its password. */
export function withoutPassword(text: string): string {
  if (text.startsWith("sqlite:")) return text;
  const url = URL.parse(text);
  if (!url) return "***";
  if (url.password) url.password = "***";
  for (const name of [...url.searchParams.keys()]) if (/pass|secret|key|token/i.test(name)) url.searchParams.set(name, "***");
  return url.href;
}
