import { z } from "zod";
import type { Application } from "../applications/application.ts";
import { type PlannedInvitation, planReport, type ReportRow } from "../invitations/sharepoint.ts";
import type { Caller } from "./caller.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { Flag, Identifier, WebUrl } from "./fields.ts";
import { applicationFor, type InviteDeps, invite, NewInvitation, type NewInvitationInput, rehearse } from "./invite.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { Problem } from "./problem.ts";
import { ProblemResult, rowProblem } from "./row-problem.ts";
import { validate } from "./validate.ts";

const Item = z.object({
  rows: z.array(z.number()).describe("As a spreadsheet numbers them, the header being row 1"),
  outcome: z.enum(["would-invite", "invited", "extended", "refused"]),
  email: z.string(),
  name: z.string().nullable(),
  label: z.string().nullable(),
  target_url: z.string().nullable(),
  id: z.string().optional(),
  sub: z.string().optional(),
  mailed: z.boolean().optional().describe("false: with send_mail=false, or where the address has had as many mails as it gets in an hour"),
  problem: ProblemResult.optional(),
});
const ImportResult = z.object({
  dry_run: z.boolean(),
  invitations: z.array(Item),
  skipped: z.array(z.object({ row: z.number(), why: z.string() })),
});

const header = "Resource Path,Item Type,Permission,User Name,User E-mail,User Or Group Type,Link ID,Link Type,AccessViaLinkID";

export function sharePointOperations(deps: InviteDeps): AnyOperation[] {
  return [
    operation({
      id: "importSharePointReport",
      method: "post",
      path: "/invitations/import/sharepoint",
      summary: "Invite the external people of a SharePoint sharing report to one application",
      details:
        "One invitation for each person and item; the item's name is its label. Where the item's path, read from `base_url`, lies under an origin that the application registered, it is the target; otherwise the invitation is to the application as a whole, once for each person. Begin with `dry_run=true`: it says what would happen and changes nothing.",
      scope: "invitations:write",
      own: true,
      creates: true,
      query: z.strictObject({
        client_id: Identifier.optional().describe("The application, where an administrator's client asks"),
        dry_run: Flag.default(false).describe("true: only say what would happen"),
        send_mail: Flag.default(true).describe("false: nobody is told"),
        base_url: WebUrl.optional().describe("Where the paths of the report lie now, such as https://files.example.com/"),
      }),
      csv: {
        description: `The report as SharePoint wrote it. Rows are taken where User Or Group Type is External or Guest and there is an address; Resource Path, User E-mail and User Or Group Type are required.`,
        example: `${header}\nsites/bridge/Shared Documents/Plan.docx,docx,Contribute,Ada Lovelace,ada@example.com,External,,,\n`,
      },
      result: ImportResult,
      status: 200,
      example: {
        query: { client_id: "files", dry_run: "true", base_url: "https://files.example.com/" },
        result: {
          dry_run: true,
          invitations: [
            {
              rows: [2],
              outcome: "would-invite",
              email: "ada@example.com",
              name: "Ada Lovelace",
              label: "Plan.docx",
              target_url: "https://files.example.com/sites/bridge/Shared%20Documents/Plan.docx",
            },
          ],
          skipped: [{ row: 3, why: "not an external person" }],
        },
      },
      run: async ({ caller, query, csv = "", progress }) => {
        const application = await applicationFor(deps, caller, query.client_id);
        const rows = (await readCsv(csv, ["resource_path", "user_or_group_type"])).map(toReportRow);
        const plan = planReport(rows, { origins: application.policy.targetOrigins, base: query.base_url });
        const invitations = [];
        for (const planned of plan.invitations) {
          const common = {
            rows: planned.rows,
            email: planned.address.typed,
            name: planned.name,
            label: planned.label,
            target_url: planned.targetUrl,
          };
          try {
            const input = toInput(planned, query.send_mail);
            if (query.dry_run) {
              await rehearse(deps, caller, application, input);
              invitations.push({ ...common, outcome: "would-invite" as const });
            } else {
              const { invitation, created, mailed } = await inviteAnyway(deps, caller, application, input);
              const outcome: "invited" | "extended" = created ? "invited" : "extended";
              invitations.push({ ...common, outcome, id: invitation.id, sub: invitation.guestSub, mailed });
            }
          } catch (error) {
            invitations.push({ ...common, outcome: "refused" as const, problem: rowProblem(error) });
          }
          progress?.(invitations.length, plan.invitations.length);
        }
        return { status: 200, body: { dry_run: query.dry_run, invitations, skipped: plan.skipped } };
      },
    }),
  ];
}

/** Who has very many items is told of the first of them, and let in to all. */
async function inviteAnyway(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput) {
  try {
    return { ...(await invite(deps, caller, application, input)), mailed: input.send_mail };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 429) throw error;
    return { ...(await invite(deps, caller, application, { ...input, send_mail: false })), mailed: false };
  }
}

/** The report has called the column "User E-mail" and "User Email". */
function toReportRow({ row, fields }: CsvRow): ReportRow {
  return {
    row,
    resourcePath: fields["resource_path"] ?? "",
    userName: fields["user_name"] ?? "",
    userEmail: fields["user_e_mail"] ?? fields["user_email"] ?? "",
    userOrGroupType: fields["user_or_group_type"] ?? "",
  };
}

/** @throws Problem 400 where what the report says is too long */
function toInput({ address, name, label, targetUrl }: PlannedInvitation, sendMail: boolean) {
  return validate(NewInvitation, { email: address.typed, name, label, target_url: targetUrl, send_mail: sendMail }, "report");
}
