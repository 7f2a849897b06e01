import { z } from "zod";
import type { Caller } from "../api/caller.ts";
import { type CsvRow, readCsv } from "../api/csv.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { Problem } from "../api/problem.ts";
import { ProblemResult, rowProblem } from "../api/row-problem.ts";
import { validate } from "../api/validate.ts";
import type { Application } from "../applications/application.ts";
import { type PlannedInvitation, planReport, type ReportRow } from "../invitations/sharepoint.ts";
import { excerpt } from "../texts/excerpt.ts";
import { Flag, Identifier, WebUrl } from "./fields.ts";
import { applicationFor, type InviteDeps, invite, NewInvitation, type NewInvitationInput, rehearse } from "./invite.ts";

const Item = z.object({
  rows: z.array(z.number()).describe("As in a spreadsheet, where the header is row 1"),
  outcome: z.enum(["would-invite", "invited", "extended", "refused"]),
  email: z.string(),
  name: z.string().nullable(),
  label: z.string().nullable(),
  target_url: z.string().nullable(),
  id: z.string().optional(),
  sub: z.string().optional(),
  mailed: z.boolean().optional().describe("false with send_mail=false, or if the address has reached its hourly limit of mails"),
  problem: ProblemResult.optional(),
});
const ImportResult = z.object({
  dry_run: z.boolean(),
  invitations: z.array(Item),
  skipped: z.array(
    z.object({
      row: z.number(),
      why: z.string(),
      resource_path: z.string().describe("The text from the report, shortened to 200 characters, as in the next three fields"),
      user_name: z.string(),
      user_email: z.string(),
      user_or_group_type: z.string(),
    }),
  ),
});

/** The report has called the column "User E-mail" and "User Email". */
const reportColumns = { required: ["resource_path", "user_or_group_type"], synonyms: { user_e_mail: "user_email" } };
const header = "Resource Path,Item Type,Permission,User Name,User E-mail,User Or Group Type,Link ID,Link Type,AccessViaLinkID";

export function sharePointOperations(deps: InviteDeps): AnyOperation[] {
  return [
    operation({
      id: "importSharePointReport",
      method: "post",
      path: "/invitations/import/sharepoint",
      summary: "Invite the external people of a SharePoint sharing report to one application",
      details:
        "There is one invitation for each person and item; the item's name becomes its label. If the item's path, resolved against `base_url`, is under an origin that the application registered, it becomes the target. Otherwise the invitation is to the application as a whole, once for each person. Begin with `dry_run=true`, which reports what would happen and changes nothing.",
      scope: "invitations:write",
      own: true,
      creates: true,
      query: z.strictObject({
        client_id: Identifier.optional().describe("For an administrator's client: the application"),
        dry_run: Flag.default(false).describe("true: report what would happen"),
        send_mail: Flag.default(true).describe("false: nobody is mailed"),
        base_url: WebUrl.optional().describe("Where the report's paths are now, such as https://files.example.com/"),
      }),
      csv: {
        description: `The report as SharePoint wrote it. Rows with an address whose User Or Group Type is External or Guest are used. Resource Path, User E-mail and User Or Group Type are required.`,
        example: `${header}\nsites/bridge/Shared Documents/Plan.docx,docx,Contribute,Ada Lovelace,ada@example.com,External,,,\n`,
      },
      result: ImportResult,
      status: 200,
      problems: [404],
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
          skipped: [
            {
              row: 3,
              why: "not an external person",
              resource_path: "sites/bridge/Shared Documents/Plan.docx",
              user_name: "Charles Babbage",
              user_email: "charles@contoso.example",
              user_or_group_type: "Internal",
            },
          ],
        },
      },
      run: async ({ caller, query, csv = new Uint8Array(), progress }) => {
        const application = await applicationFor(deps, caller, query.client_id);
        const rows = (await readCsv(csv, reportColumns)).map(toReportRow);
        const plan = await planReport(rows, { origins: application.policy.targetOrigins, base: query.base_url });
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
        return { status: 200, body: { dry_run: query.dry_run, invitations, skipped: plan.skipped.map(showSkipped) } };
      },
    }),
  ];
}

/** A guest with a great many items gets a mail about the first one, and access to all. */
async function inviteAnyway(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput) {
  try {
    return { ...(await invite(deps, caller, application, input)), mailed: input.send_mail };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 429) throw error;
    return { ...(await invite(deps, caller, application, { ...input, send_mail: false })), mailed: false };
  }
}

function showSkipped({ row, why }: { row: ReportRow; why: string }) {
  return {
    row: row.row,
    why,
    resource_path: excerpt(row.resourcePath),
    user_name: excerpt(row.userName),
    user_email: excerpt(row.userEmail),
    user_or_group_type: excerpt(row.userOrGroupType),
  };
}

function toReportRow({ row, fields, wrong }: CsvRow): ReportRow {
  return {
    row,
    wrong,
    resourcePath: fields["resource_path"] ?? "",
    userName: fields["user_name"] ?? "",
    userEmail: fields["user_email"] ?? "",
    userOrGroupType: fields["user_or_group_type"] ?? "",
  };
}

/** @throws Problem 400 if a value in the report is too long */
function toInput({ address, name, label, targetUrl }: PlannedInvitation, sendMail: boolean) {
  return validate(
    NewInvitation,
    { email: address.typed, name, label: label ?? undefined, target_url: targetUrl, send_mail: sendMail },
    "report",
  );
}
