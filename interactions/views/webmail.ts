// The web page for a mailbox of a well-known domain. It depends on the typed address alone; nothing is looked up.

const gmail = { name: "Gmail", link: "https://mail.google.com/" };
const outlook = { name: "Outlook", link: "https://outlook.live.com/mail/" };
const yahoo = { name: "Yahoo Mail", link: "https://mail.yahoo.com/" };
const icloud = { name: "iCloud Mail", link: "https://www.icloud.com/mail/" };
const gmx = { name: "GMX", link: "https://www.gmx.net/" };
const proton = { name: "Proton Mail", link: "https://mail.proton.me/" };

const clients: Record<string, { name: string; link: string }> = {
  "gmail.com": gmail,
  "googlemail.com": gmail,
  "outlook.com": outlook,
  "hotmail.com": outlook,
  "live.com": outlook,
  "msn.com": outlook,
  "yahoo.com": yahoo,
  "icloud.com": icloud,
  "me.com": icloud,
  "mac.com": icloud,
  "gmx.net": gmx,
  "gmx.de": gmx,
  "web.de": { name: "WEB.DE", link: "https://web.de/" },
  "orange.fr": { name: "Orange", link: "https://messagerie.orange.fr/" },
  "proton.me": proton,
  "protonmail.com": proton,
};

/** @param address as it was typed, or masked @returns undefined if the domain is not well known */
export function webmailOf(address: string): { name: string; link: string } | undefined {
  const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
  return Object.hasOwn(clients, domain) ? clients[domain] : undefined;
}
