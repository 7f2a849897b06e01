import fc from "fast-check";
import { startWithAdmin } from "./admin.ts";
import { type Contract, requestsOf, undocumented } from "./contract.ts";
import type { Guestpass } from "./guestpass.ts";

interface Tried {
  /** Each request whose answer the document does not tell of, with what was wrong. */
  undocumented: string[];
  /** How often each status was answered. */
  statuses: Record<string, number>;
}

/** Sends requests to every operation of the administration API. @param runs how many to each */
export async function tryContract(guestpass: Guestpass, { seed, runs }: { seed: number; runs: number }): Promise<Tried> {
  const { admin, files } = await startWithAdmin(guestpass);
  const contract = (await (await fetch(`${guestpass.issuer}/admin/openapi.json`)).json()) as Contract;
  const guest = await admin.post("/guests", { email: "known@example.com" });
  const invitation = await files.post("/invitations", { email: "invited@example.com", send_mail: false });
  const addresses = ["known@example.com", "ada@example.com", "grace@example.com", "urn:spo:guest#lee@partner.example"];
  const urls = ["https://app.example/f/1", "https://app.example/"];
  const known = {
    sub: [guest.body["sub"], invitation.body["sub"], "nobody"],
    into: [guest.body["sub"], invitation.body["sub"]],
    id: [invitation.body["id"]],
    client_id: ["files", "other"],
    "If-Match": [guest.headers.get("etag"), "*", '"0"'],
    "Idempotency-Key": ["one", "two", "three"],
    ...named(["email", "from", "to", "addresses", "sponsor_email", "support_address"], addresses),
    ...named(
      ["target_url", "base_url", "redirect_uris", "post_logout_redirect_uris", "logo_uri", "client_uri", "policy_uri", "tos_uri"],
      urls,
    ),
    ...named(["initiate_login_uri", "backchannel_logout_uri", "jwks_uri"], urls),
    target_origins: ["https://app.example"],
    ...named(["allow_domains", "deny_domains", "domain"], ["example.org", "*.example.net"]),
    resources: [{}, { "https://api.example/": "read write" }],
  };
  const check = undocumented(contract);
  const tokens = [await admin.token, await admin.token, await admin.token, await files.token];
  const tried: Tried = { undocumented: [], statuses: {} };
  const sampled = requestsOf(contract, known).map((requests) => fc.sample(requests, { seed, numRuns: runs }));
  // One of each operation, again and again: what one of them made is there for the next.
  for (let round = 0; round < runs; round++) {
    for (const requests of sampled) {
      const { operation, method, path, headers, body } = requests[round] as (typeof requests)[number];
      const token = round % 11 === 10 ? "none" : tokens[round % tokens.length];
      const init = { method, headers: { ...headers, authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body }) };
      const response = await fetch(guestpass.issuer + path, init);
      tried.statuses[response.status] = (tried.statuses[response.status] ?? 0) + 1;
      const wrong = await check({ operation, method, path, headers, body }, response);
      if (wrong !== undefined) tried.undocumented.push(`${operation}: ${method} ${path} ${body?.slice(0, 500) ?? ""}\n  ${wrong}`);
    }
  }
  return tried;
}

function named<Value>(names: string[], values: Value[]): Record<string, Value[]> {
  return Object.fromEntries(names.map((name) => [name, values]));
}
