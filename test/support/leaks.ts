// What an answer to a stranger must never contain.
import { expect } from "chai";

/** Stacks, paths, SQL, names and versions of what Guestpass is built with, addresses of the machine. */
export const leaks =
  /node_modules|\/(work|home|root|tmp|usr|src)\/|file:\/\/|\.[jt]s:\d|\bat \w+.*\(|\b(SELECT|INSERT|UPDATE|SQLITE|ECONN\w+)\b|knex|koa|sqlite|postgres|oidc-provider|node\/|127\.0\.0\.1|TypeError|Error:/i;

/** The answer refuses, blames only the client, and reveals nothing. */
export function isRefused({ status, headers, body }: { status: number; headers: object; body: string }, why: string): void {
  expect(status, why).to.be.within(400, 499);
  expect(body, why).not.to.match(leaks);
  expect(JSON.stringify(headers), why).not.to.match(/x-powered-by|"server"/i);
}
