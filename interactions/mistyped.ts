// Likely typing mistakes in the most common domains. The guest is asked, and nothing is changed: the mistake may be a real domain.

const mistakes: Record<string, string[]> = {
  "gmail.com": [
    "gmial.com",
    "gmai.com",
    "gmal.com",
    "gamil.com",
    "gmil.com",
    "gmaill.com",
    "gnail.com",
    "gmail.con",
    "gmail.cm",
    "gmail.co",
  ],
  "googlemail.com": ["googlmail.com", "goglemail.com", "googelmail.com", "googlemail.con"],
  "hotmail.com": ["hotmial.com", "hotmal.com", "hotmai.com", "hotmil.com", "hotmaill.com", "hotmail.con", "hotmail.co"],
  "outlook.com": ["outlok.com", "outloook.com", "outllok.com", "otulook.com", "outlook.con", "outlook.co"],
  "yahoo.com": ["yaho.com", "yahooo.com", "yhaoo.com", "yhoo.com", "yahoo.con", "yahoo.co"],
  "icloud.com": ["iclould.com", "icoud.com", "icluod.com", "icloud.con", "icloud.co"],
  "gmx.de": ["gmx.ed", "gxm.de", "gnx.de"],
  "web.de": ["wbe.de", "web.ed"],
  "orange.fr": ["ornage.fr", "orage.fr"],
};

const meant = new Map(Object.entries(mistakes).flatMap(([domain, wrong]) => wrong.map((each) => [each, domain])));

/** @returns the address that was most likely meant, or undefined if nothing looks like a mistake */
export function meantAddress(typed: string): string | undefined {
  const address = typed.trim();
  const at = address.lastIndexOf("@") + 1;
  const domain = meant.get(address.slice(at).toLowerCase());
  return at < 2 || domain === undefined ? undefined : `${address.slice(0, at)}${domain}`;
}
