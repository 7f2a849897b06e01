// What becomes of a mail with a code is noted with the code: the page that waits for it says so.
import type { MailRecord } from "./outbox/records.ts";
import type { Passcodes } from "./passcodes/passcodes.ts";

type Mail = Pick<MailRecord, "kind" | "subjectId">;

/** Of mails that carry no code, nothing is noted. */
export function ofTheCode(passcodes: Passcodes) {
  const told =
    <More extends unknown[]>(tell: (id: string, ...more: More) => Promise<void>) =>
    async (mail: Mail, ...more: More) => {
      const id = passcodeOf(mail);
      if (id !== null) await tell(id, ...more);
    };
  return {
    handedOver: told((id) => passcodes.handedOver(id)),
    delayed: told((id, retryAt: number) => passcodes.delayed(id, retryAt)),
    refused: told((id) => passcodes.refused(id)),
  };
}

/** The code that a mail carries, or the decoy that one does which says that there is none. */
function passcodeOf({ kind, subjectId }: Mail): string | null {
  return kind === "passcode" || kind === "not-admitted" ? subjectId : null;
}
