// A mail server's reply, for an administrator to read. A reply may quote the mail: its recipient, its code, its links. None of these is kept.

/** The most characters of a server's words that are read. */
const mostRead = 4000;
const mostKept = 500;

/** The code and the enhanced status (RFC 3463) with which every line of a reply begins: said once is enough. */
const lineStart = /\n(?:[245]\d\d[ -])?(?:[245]\.\d{1,3}\.\d{1,3} )?/g;
/**
 * "ada@example.com", and as return paths and links write it: "ada=example.com", "ada%40example.com". Tried where a word begins alone, or a long
 * word would be read again from each of its letters.
 */
const address =
  /(?:"[^"\n]{1,62}"|(?<![^\s<>()[\]{}"',;:|=%]'?)(?:[^\s<>()[\]{}"',;:|=%]+')*[^\s<>()[\]{}"',;:|=%]+)(?:@|%40)(?=[^\s<>()[\]{}"',;:|])/giu;
/**
 * Codes have 6 to 8 digits, or 12 past the limit of wrong tries, perhaps in groups. The id under which a server accepted a mail, by which
 * its provider reports on it later, is not one: its digits continue in letters, or in the groups of a UUID.
 */
const code = /(?<![\w-]|\d\.)(?:\d{6,12}|\d{3,4}(?:[ -]\d{3,4}){1,3})(?!\w|\.\d|-\d|-[\da-f]{4}-[\da-f]{4}-)/g;
/** After the host, a link may contain what opens an invitation or fills in a code. */
const link = /(\bhttps?:\/\/[^\s/]+|(?<![\w-]|[\w-]\.)[\w-]+(?:\.[\w-]+)+(?::\d+)?)\/[^\s<>"']+/giu;
/** Except the id under which a server accepted the mail. */
const token = /(?<!\b[Qq]ueued as |\b[Oo][Kk]:? |\bid=)(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{22,}(?![\w-])/g;

/** The type with which RFC 3464 begins a diagnostic: "smtp; 550 ...". */
const diagnosticType = /^\s*[\w-]+;\s*/;
/** The code and enhanced status at the beginning of each line of a reply, even if the lines were joined. */
const lineCodes = /(?<![\d.])[245]\d\d(?:[ -]|$)(?:[245]\.\d{1,3}\.\d{1,3}(?=\s|$))?/g;
const statusAtStart = /^\s*[245]\.\d{1,3}\.\d{1,3}(?=\s|$)/;

/**
 * @param response all lines of a reply
 * @param recipient whose domain may be kept
 * @returns them on one line, without control characters; addresses and links are masked, codes and tokens left out. 500 characters at most
 */
export function serverWords(response: string, recipient = ""): string {
  return withoutRecipient(response.slice(0, mostRead), recipient)
    .replace(/\r\n?/g, "\n")
    .replace(/^(\d{3})-/, "$1 ")
    .replace(lineStart, " ")
    .replace(address, "…@")
    .replace(link, "$1/…")
    .replace(token, "…")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, " ")
    .replace(code, (found, offset: number) => (offset === 0 ? found : "…"))
    .trim()
    .slice(0, mostKept);
}

function withoutRecipient(text: string, recipient: string): string {
  if (recipient === "") return text;
  const [local, domain] = splitAt(recipient);
  return text.replace(new RegExp(`${escaped(local)}(?:=|\\s?\\(at\\)\\s?|@|%40)${escaped(domain)}`, "giu"), `…@${domain}`);
}

/**
 * @param said a reply, or a notification's diagnostic (RFC 3464, 2.3.6)
 * @returns the server's words as above, without its codes and statuses: for places that show the status beside them
 */
export function reasonIn(said: string): string {
  return withoutStatuses(serverWords(withoutType(said)))
    .replace(/\s+/g, " ")
    .trim();
}

/** @returns the text without the reply codes and the statuses that its lines begin with */
export function withoutStatuses(text: string): string {
  return text.replace(lineCodes, " ").replace(statusAtStart, " ");
}

/** @returns the diagnostic without its type */
export function withoutType(diagnostic: string): string {
  return diagnostic.replace(diagnosticType, "");
}

function splitAt(address: string): [local: string, domain: string] {
  const at = address.lastIndexOf("@");
  return [address.slice(0, at), address.slice(at + 1)];
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
