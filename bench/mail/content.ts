import { passcodeMail } from "../../src/mail/passcode.ts";
import { senderIn } from "../../src/mail/sender.ts";
import { loadTexts } from "../../src/texts/texts.ts";

const sender = senderIn("en", loadTexts(), { issuer: "https://guests.example.com", organisation: "Bench", mail: {} });
const asked = { at: 0, userAgent: "", reference: "7K3P" };
const link = "http://127.0.0.1/interaction/vT8mWq2rXkYd4LpZ0sNhB#code=482913";
const written = JSON.stringify(passcodeMail({ code: "482913", minutes: 10, link, asked }, { ...sender, application: "Bench" }));

/** The mail that Guestpass writes; both senders are handed it ready, but for the code. */
export function content(code: string): ReturnType<typeof passcodeMail> {
  return JSON.parse(written.replaceAll("482913", code));
}
