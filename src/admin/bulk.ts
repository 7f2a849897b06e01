// Many invitations in one request: every row gets an answer, the good ones succeed.
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Caller } from "../api/caller.ts";
import { type CsvRow, readCsv } from "../api/csv.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { Problem } from "../api/problem.ts";
import { ProblemResult, rowProblem } from "../api/row-problem.ts";
import { validate } from "../api/validate.ts";
import { excerpt } from "../texts/excerpt.ts";
import { Flag, Identifier, time } from "./fields.ts";
import { applicationFor, type InviteDeps, invite, keptLink, NewInvitation, rehearse, withLink } from "./invite.ts";

const columns = Object.keys(NewInvitation.shape);
/** Columns of `guestpass export` that describe a state, not an invitation. */
const exported = ["id", "sub", "state", "created_at", "updated_at", "redeemed_at", "revoked_at"].concat([
  "aliases",
  "external_id",
  "notes",
  "suspended_reason",
  "expires_at",
  "verified_at",
  "erasure_asked_at",
  "undeliverable_since",
  "mail",
]);
const emailColumns = { e_mail: "email", mail: "email", email_address: "email", e_mail_address: "email" };
const outcomes = z.enum(["invited", "extended", "would-invite", "refused"]);
const BulkResult = z.object({
  invited: z.number(),
  extended: z.number().describe("Invited before: now extended and sent again"),
  refused: z.number(),
  results: z.array(
    z.object({
      row: z.number().describe("In JSON, counted from 1; in CSV, as in a spreadsheet, where the header is row 1"),
      outcome: outcomes,
      email: z.string().optional().describe("The invited address; for a refused row, the text that it contained"),
      id: z.string().optional().describe("The invitation"),
      sub: z.string().optional().describe("The guest"),
      link: z.string().optional().describe("Only with `send_mail: false`"),
      mail_at: z
        .string()
        .optional()
        .describe("When the mail will be sent, if not at once: an application's invitations over its limit are sent later, in turn"),
      problem: ProblemResult.optional(),
    }),
  ),
});
type RowResult = z.output<typeof BulkResult>["results"][number];

interface Row {
  row: number;
  input: unknown;
  /** Known before the row is read as an invitation. */
  wrong?: Problem | undefined;
}

export function bulkOperations(deps: InviteDeps): AnyOperation[] {
  return [
    operation({
      id: "createInvitations",
      method: "post",
      path: "/invitations/bulk",
      summary: "Invite many addresses at once: up to 1,000 rows of JSON, or a CSV file of up to 10 MiB and 10,000 rows",
      details:
        "Each row gets one result. Valid rows succeed; the others say what is wrong, and can be corrected and sent again. A row that invites the same address to the same target as an earlier row is refused. Rows of `guestpass export` and items of the lists can be sent as they are: fields that an invitation does not have are ignored.",
      scope: "invitations:write",
      own: true,
      creates: true,
      query: z.strictObject({
        client_id: Identifier.optional().describe("For an administrator's client: the application for rows that name none"),
        send_mail: Flag.optional().describe("For rows that leave it out"),
        dry_run: Flag.default(false).describe("true: report what would happen; nothing is changed and nobody is mailed"),
      }),
      body: z.array(z.unknown()).min(1).max(1000),
      documentedBody: z.array(NewInvitation).min(1).max(1000),
      csv: {
        description: `UTF-8, separated by commas, semicolons or tabs. The first row names the columns: ${columns.join(", ")}. Only email is required.`,
        example: "email,name,target_url,label\nada@example.com,Ada Lovelace,https://files.example.com/f/42,Plan for the bridge\n",
      },
      result: BulkResult,
      restore: (kept) => ({ ...kept, results: kept.results.map((result) => withLink(result, deps.invitations)) }),
      status: 200,
      problems: [404],
      example: {
        query: { client_id: "files" },
        body: [{ email: "ada@example.com" }, { email: "grace@" }],
        result: {
          invited: 1,
          extended: 0,
          refused: 1,
          results: [
            {
              row: 1,
              outcome: "invited",
              email: "ada@example.com",
              id: "0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e",
              sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
            },
            {
              row: 2,
              outcome: "refused",
              email: "grace@",
              problem: {
                title: "Bad request",
                detail: "Correct the row and send it again.",
                errors: [{ field: "email", in: "row", message: "must be an email address such as name@example.com" }],
              },
            },
          ],
        },
      },
      run: async ({ caller, query: { dry_run: rehearsed, ...query }, body, csv, progress }) => {
        const rows =
          csv === undefined
            ? body.map((input, index) => fromExport(index + 1, input))
            : (await readCsv(csv, { required: ["email"], synonyms: emailColumns })).map(fromCsv);
        const results = await inviteRows(deps, caller, rows, query, rehearsed, progress);
        const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
        const answer = (rows: RowResult[]) => ({
          invited: count("invited"),
          extended: count("extended"),
          refused: count("refused"),
          results: rows,
        });
        const kept = results.map((result) => (result.link === undefined ? result : { ...result, link: keptLink }));
        return { status: 200, body: answer(results), kept: answer(kept) };
      },
    }),
  ];
}

/** Rows to look at before others get their turn. */
const rowsInOneTurn = 50;

async function inviteRows(
  deps: InviteDeps,
  caller: Caller,
  rows: Row[],
  defaults: { client_id?: string | undefined; send_mail?: boolean | undefined },
  rehearsed: boolean,
  progress?: (done: number, total: number) => void,
): Promise<RowResult[]> {
  const seen = new Map<string, number>();
  const results: RowResult[] = [];
  for (const [index, { row, input, wrong }] of rows.entries()) {
    // A wrong row does not wait.
    if (index % rowsInOneTurn === 0) await setImmediate();
    try {
      if (wrong) throw wrong;
      const given = validate(NewInvitation, withDefaults(input, defaults), "row");
      const application = await applicationFor(deps, caller, given.client_id);
      const what = JSON.stringify([application.clientId, given.email.key, given.target_url ?? null]);
      const before = seen.get(what);
      if (before !== undefined) throw new Problem(409, "Twice", `Row ${before} invites the same address to the same target.`);
      if (rehearsed) {
        await rehearse(deps, caller, application, given);
        seen.set(what, row);
        results.push({ row, outcome: "would-invite", email: given.email.typed });
        continue;
      }
      const { invitation, link, created, mailAt } = await invite(deps, caller, application, given);
      seen.set(what, row);
      const inTurn = mailAt !== null && mailAt > deps.clock.now() ? { mail_at: time(mailAt) } : {};
      const made = {
        email: given.email.typed,
        id: invitation.id,
        sub: invitation.guestSub,
        ...(given.send_mail ? {} : { link }),
        ...inTurn,
      };
      results.push({ row, outcome: created ? "invited" : "extended", ...made });
    } catch (error) {
      const email = emailIn(input);
      results.push({ row, outcome: "refused", ...(email === undefined ? {} : { email }), problem: rowProblem(error) });
    }
    progress?.(results.length, rows.length);
  }
  return results;
}

function emailIn(input: unknown): string | undefined {
  const { email } = Object(input) as { email?: unknown };
  return typeof email === "string" ? excerpt(email) : undefined;
}

function withDefaults(input: unknown, defaults: object): unknown {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? { ...defaults, ...input } : input;
}

/** Everything in a CSV file is text: numbers, and yes or no, are read from it. */
function fromCsv({ row, fields, wrong }: CsvRow): Row {
  const { reverification_days: days, send_mail: sendMail, ...texts } = fields;
  const input = {
    ...texts,
    ...(days === undefined ? {} : { reverification_days: Number(days) }),
    ...(sendMail === undefined
      ? {}
      : { send_mail: /^(true|yes|1)$/i.test(sendMail) ? true : /^(false|no|0)$/i.test(sendMail) ? false : sendMail }),
  };
  return fromExport(row, input, wrong);
}

/** Leaves out what an export adds to an invitation. Other rows stay as they are. */
function fromExport(row: number, input: unknown, wrong?: string): Row {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return { row, input };
  const { state } = input as { state?: unknown };
  const over = /^(revoked|expired|suspended)$/i.test(String(state));
  // Once an invitation is redeemed, its redeem_by may be long past; access goes on.
  const ignored = /^redeemed$/i.test(String(state)) ? [...exported, "redeem_by"] : exported;
  const why = wrong ?? (over ? `The row's state is ${state}. To invite this guest anyway, empty that field.` : undefined);
  return {
    row,
    input: Object.fromEntries(Object.entries(input).filter(([name]) => !ignored.includes(name))),
    wrong: why === undefined ? undefined : new Problem(400, "Bad request", why),
  };
}
