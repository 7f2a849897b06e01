// Many invitations in one request: every row gets an answer, the good ones succeed.
import { z } from "zod";
import type { Caller } from "./caller.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { Flag, Identifier } from "./fields.ts";
import { applicationFor, type InviteDeps, invite, NewInvitation } from "./invite.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { Problem } from "./problem.ts";
import { ProblemResult, rowProblem } from "./row-problem.ts";
import { validate } from "./validate.ts";

const columns = Object.keys(NewInvitation.shape);
const outcomes = z.enum(["invited", "extended", "refused"]);
const BulkResult = z.object({
  invited: z.number(),
  extended: z.number().describe("They were invited before: extended and resent"),
  refused: z.number(),
  results: z.array(
    z.object({
      row: z.number().describe("In JSON from 1; in CSV as a spreadsheet numbers it, the header being row 1"),
      outcome: outcomes,
      id: z.string().optional().describe("The invitation"),
      sub: z.string().optional().describe("The guest"),
      link: z.string().optional().describe("With `send_mail: false`"),
      problem: ProblemResult.optional(),
    }),
  ),
});
type RowResult = z.output<typeof BulkResult>["results"][number];

interface Row {
  row: number;
  input: unknown;
}

export function bulkOperations(deps: InviteDeps): AnyOperation[] {
  return [
    operation({
      id: "createInvitations",
      method: "post",
      path: "/invitations/bulk",
      summary: "Invite many addresses at once: up to 1,000 rows of JSON, or a CSV file of up to 10 MiB and 10,000 rows",
      details:
        "Each row gets one result. Good rows succeed; bad ones say what is wrong, and can be put right and sent again. A row that invites the same address to the same target as one before it is refused.",
      scope: "invitations:write",
      own: true,
      creates: true,
      query: z.strictObject({
        client_id: Identifier.optional().describe("The application for rows that name none, where an administrator's client asks"),
        send_mail: Flag.optional().describe("For rows that do not say"),
      }),
      body: z.array(z.unknown()).min(1).max(1000),
      documentedBody: z.array(NewInvitation).min(1).max(1000),
      csv: {
        description: `UTF-8; commas, semicolons or tabs; the first row names the columns, which are ${columns.join(", ")}. Only email is required.`,
        example: "email,name,target_url,label\nada@example.com,Ada Lovelace,https://files.example.com/f/42,Plan for the bridge\n",
      },
      result: BulkResult,
      status: 200,
      example: {
        query: { client_id: "files" },
        body: [{ email: "ada@example.com" }, { email: "grace@" }],
        result: {
          invited: 1,
          extended: 0,
          refused: 1,
          results: [
            { row: 1, outcome: "invited", id: "0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e", sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11" },
            {
              row: 2,
              outcome: "refused",
              problem: {
                title: "Bad request",
                detail: "Put right what is wrong in the row and send it again.",
                errors: [{ field: "email", in: "row", message: "must be an email address such as name@example.com" }],
              },
            },
          ],
        },
      },
      run: async ({ caller, query, body, csv, progress }) => {
        const rows =
          csv === undefined ? body.map((input, index) => ({ row: index + 1, input })) : (await readCsv(csv, ["email"])).map(fromCsv);
        const results = await inviteRows(deps, caller, rows, query, progress);
        const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
        return { status: 200, body: { invited: count("invited"), extended: count("extended"), refused: count("refused"), results } };
      },
    }),
  ];
}

async function inviteRows(
  deps: InviteDeps,
  caller: Caller,
  rows: Row[],
  defaults: { client_id?: string | undefined; send_mail?: boolean | undefined },
  progress?: (done: number, total: number) => void,
): Promise<RowResult[]> {
  const seen = new Map<string, number>();
  const results: RowResult[] = [];
  for (const { row, input } of rows) {
    try {
      const given = input instanceof Problem ? input : validate(NewInvitation, withDefaults(input, defaults), "row");
      if (given instanceof Problem) throw given;
      const application = await applicationFor(deps, caller, given.client_id);
      const what = JSON.stringify([application.clientId, given.email.key, given.target_url]);
      const before = seen.get(what);
      if (before !== undefined) throw new Problem(409, "Twice", `Row ${before} invites the same address to the same target.`);
      const { invitation, link, created } = await invite(deps, caller, application, given);
      seen.set(what, row);
      const made = { id: invitation.id, sub: invitation.guestSub, ...(given.send_mail ? {} : { link }) };
      results.push({ row, outcome: created ? "invited" : "extended", ...made });
    } catch (error) {
      results.push({ row, outcome: "refused", problem: rowProblem(error) });
    }
    progress?.(results.length, rows.length);
  }
  return results;
}

function withDefaults(input: unknown, defaults: object): unknown {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? { ...defaults, ...input } : input;
}

/** Everything in a CSV file is text: numbers, dates and yes or no are read from it. A date alone is its first moment, UTC. */
function fromCsv({ row, fields, overfull }: CsvRow): Row {
  if (overfull)
    return {
      row,
      input: new Problem(400, "Bad request", "The row has more fields than the header has columns: look for a stray separator."),
    };
  const { reverification_days: days, send_mail: sendMail, ...texts } = fields;
  const dates = (["redeem_by", "access_ends_at"] as const).filter((name) => /^\d{4}-\d\d-\d\d$/.test(texts[name] ?? ""));
  const input = {
    ...texts,
    ...Object.fromEntries(dates.map((name) => [name, `${texts[name]}T00:00:00Z`])),
    ...(days === undefined ? {} : { reverification_days: Number(days) }),
    ...(sendMail === undefined
      ? {}
      : { send_mail: /^(true|yes|1)$/i.test(sendMail) ? true : /^(false|no|0)$/i.test(sendMail) ? false : sendMail }),
  };
  return { row, input };
}
