// The DNS records that recipients check before they trust a mail: MX, SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) of the sending domain.
import { type DkimKey, dkimRecord } from "../outbox/dkim.ts";

/** The two lookups; node:dns/promises answers them. */
export interface Dns {
  resolveTxt(name: string): Promise<string[][]>;
  resolveMx(name: string): Promise<{ exchange: string }[]>;
}

/** DNS did not answer: nothing can be said. */
export class DnsUnreachable extends Error {}

/** Names that nobody can publish records for (RFC 6761), and those without a dot, which only your own network knows. */
export function isReserved(domain: string): boolean {
  return !domain.includes(".") || /(^|\.)(example|test|invalid|localhost|local|internal)$/i.test(domain);
}

/**
 * @param domain the domain of the sender's address
 * @returns what is wrong, in an operator's words; nothing if all is well
 * @throws DnsUnreachable
 */
export async function problemsOf(domain: string, keys: DkimKey[], dns: Dns): Promise<string[]> {
  const found = await Promise.all([aboutMx(domain, dns), aboutSpf(domain, dns), aboutDmarc(domain, dns), aboutDkim(domain, keys, dns)]);
  return found.flat();
}

/**
 * @param domain the domain of the return paths: mails come back to it, and SPF is looked up for it
 * @returns as problemsOf
 * @throws DnsUnreachable
 */
export async function problemsOfReturns(domain: string, dns: Dns): Promise<string[]> {
  const found = await Promise.all([aboutMx(domain, dns), aboutSpf(domain, dns)]);
  return found.flat();
}

async function aboutMx(domain: string, dns: Dns): Promise<string[]> {
  const hosts = (await answer(() => dns.resolveMx(domain)))
    .map(({ exchange }) => exchange)
    .filter((exchange) => !["", "."].includes(exchange));
  return hosts.length > 0 ? [] : [`MX: ${domain} accepts no mail, so bounces and replies are lost, and some recipients refuse its mail`];
}

async function aboutSpf(domain: string, dns: Dns): Promise<string[]> {
  const records = (await texts(domain, dns)).filter((record) => /^v=spf1( |$)/i.test(record));
  const [record] = records;
  if (record === undefined) return [`SPF: ${domain} has no v=spf1 record that names your mail servers`];
  if (records.length > 1) return [`SPF: ${domain} has ${records.length} v=spf1 records, which counts as an error: keep one`];
  return /(^|\s)\+?all(\s|$)/i.test(record) ? [`SPF: the record of ${domain} lets anyone send: end it with -all or ~all`] : [];
}

/** The policy of the domain itself or of one above it. */
async function aboutDmarc(domain: string, dns: Dns): Promise<string[]> {
  for (let name = domain; name.includes("."); name = name.slice(name.indexOf(".") + 1)) {
    const records = (await texts(`_dmarc.${name}`, dns)).filter((record) => /^v=DMARC1\s*(;|$)/i.test(record));
    if (records.length > 1) return [`DMARC: _dmarc.${name} has ${records.length} records, which counts as none: keep one`];
    if (records.length === 1) return [];
  }
  return [`DMARC: _dmarc.${domain} has no v=DMARC1 record`];
}

async function aboutDkim(domain: string, keys: DkimKey[], dns: Dns): Promise<string[]> {
  const problems = await Promise.all(
    keys.map(async (key) => {
      const { name, value } = dkimRecord(key);
      const published = await texts(name, dns);
      if (!aligned(key.domain, domain))
        return [`DKIM: ${name} signs for another domain than the sender's ${domain}, so DMARC does not count it`];
      if (published.some((record) => tag(record, "p") === tag(value, "p"))) return [];
      return [
        `DKIM: ${name} ${published.length === 0 ? "is not published" : "publishes another key"}: guestpass mail dkim-key prints the record`,
      ];
    }),
  );
  return problems.flat();
}

function aligned(signer: string, sender: string): boolean {
  return signer === sender || signer.endsWith(`.${sender}`) || sender.endsWith(`.${signer}`);
}

function tag(record: string, name: string): string | undefined {
  return new RegExp(`(?:^|;)\\s*${name}\\s*=([^;]*)`).exec(record)?.[1]?.replace(/\s/g, "");
}

async function texts(name: string, dns: Dns): Promise<string[]> {
  return (await answer(() => dns.resolveTxt(name))).map((strings) => strings.join(""));
}

/** "There is none" is an answer; anything else means that DNS is out of reach. */
async function answer<T>(ask: () => Promise<T[]>): Promise<T[]> {
  try {
    return await ask();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENODATA" || code === "ENOTFOUND") return [];
    throw new DnsUnreachable(code ?? message);
  }
}
