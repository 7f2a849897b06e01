import { expect } from "chai";
import { apiScopes, ownApiScopes } from "../../../src/applications/api-scopes.ts";
import { AdminApi, startWithAdmin, tokenFor } from "../../support/admin.ts";
import { type Operation, operationsOf } from "../../support/admin-operations.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

/** Who may do what, by hand: an operation that is not here fails the test. "own": an application too, for itself. */
const rules: Record<string, [scope: string, who: "own" | "administrator"]> = {
  listGuests: ["guests:read", "own"],
  searchGuests: ["guests:read", "own"],
  lookUpGuests: ["guests:read", "own"],
  readGuest: ["guests:read", "own"],
  createGuest: ["guests:write", "administrator"],
  updateGuest: ["guests:write", "administrator"],
  eraseGuest: ["guests:write", "administrator"],
  suspendGuest: ["guests:write", "administrator"],
  declineErasure: ["guests:write", "administrator"],
  resumeGuest: ["guests:write", "administrator"],
  mergeGuest: ["guests:write", "administrator"],
  listSessions: ["guests:read", "administrator"],
  explainAccess: ["guests:read", "administrator"],
  endSession: ["guests:write", "administrator"],
  endSessions: ["guests:write", "administrator"],
  listPasskeys: ["guests:read", "administrator"],
  removePasskey: ["guests:write", "administrator"],
  listUpstreamAccounts: ["guests:read", "administrator"],
  removeUpstreamAccount: ["guests:write", "administrator"],
  addAlias: ["guests:write", "administrator"],
  renameAlias: ["guests:write", "administrator"],
  makeAliasPrimary: ["guests:write", "administrator"],
  removeAlias: ["guests:write", "administrator"],
  suspendGuests: ["guests:write", "administrator"],
  resumeGuests: ["guests:write", "administrator"],
  extendGuests: ["guests:write", "administrator"],
  inviteGuests: ["invitations:write", "administrator"],
  revokeGuests: ["invitations:write", "administrator"],
  listJobs: ["guests:read", "administrator"],
  readJob: ["guests:read", "administrator"],
  listJobGuests: ["guests:read", "administrator"],
  startJob: ["guests:write", "administrator"],
  cancelJob: ["guests:write", "administrator"],
  createInvitation: ["invitations:write", "own"],
  createInvitations: ["invitations:write", "own"],
  importSharePointReport: ["invitations:write", "own"],
  listInvitations: ["invitations:read", "own"],
  searchInvitations: ["invitations:read", "own"],
  readInvitation: ["invitations:read", "own"],
  extendInvitation: ["invitations:write", "own"],
  resendInvitation: ["invitations:write", "own"],
  revokeInvitation: ["invitations:write", "own"],
  createApplication: ["applications:write", "administrator"],
  listApplications: ["applications:read", "administrator"],
  readApplication: ["applications:read", "administrator"],
  previewApplication: ["applications:read", "administrator"],
  beginTrial: ["applications:read", "administrator"],
  finishTrial: ["applications:read", "administrator"],
  updateApplication: ["applications:write", "administrator"],
  removeApplication: ["applications:write", "administrator"],
  rotateApplicationSecret: ["applications:write", "administrator"],
  createWebhook: ["applications:write", "administrator"],
  readWebhook: ["applications:read", "administrator"],
  updateWebhook: ["applications:write", "administrator"],
  removeWebhook: ["applications:write", "administrator"],
  rotateWebhookSecret: ["applications:write", "administrator"],
  replayWebhook: ["applications:write", "administrator"],
  listWebhookDeliveries: ["applications:read", "administrator"],
  replayWebhookDelivery: ["applications:write", "administrator"],
  listLogouts: ["applications:read", "administrator"],
  listTokenRefusals: ["applications:read", "administrator"],
  listEvents: ["events:read", "own"],
  listAudit: ["audit:read", "administrator"],
  verifyAudit: ["audit:read", "administrator"],
  readStatistics: ["guests:read", "administrator"],
  readSettings: ["settings:read", "administrator"],
  readConfiguration: ["settings:read", "administrator"],
  updateSettings: ["settings:write", "administrator"],
  listUpstreams: ["settings:read", "administrator"],
  createUpstream: ["settings:write", "administrator"],
  readUpstream: ["settings:read", "administrator"],
  updateUpstream: ["settings:write", "administrator"],
  checkUpstreamDomains: ["settings:write", "administrator"],
  removeUpstream: ["settings:write", "administrator"],
  listMail: ["mail:read", "administrator"],
  searchMail: ["mail:read", "administrator"],
  readMail: ["mail:read", "administrator"],
  retryMail: ["mail:write", "administrator"],
  listSigningKeys: ["keys:read", "administrator"],
  rotateSigningKeys: ["keys:write", "administrator"],
  revokeSigningKey: ["keys:write", "administrator"],
  listAdministrators: ["administrators:read", "administrator"],
  readAdministrator: ["administrators:read", "administrator"],
  addAdministrator: ["administrators:write", "administrator"],
  updateAdministrator: ["administrators:write", "administrator"],
  makeAdministratorLink: ["administrators:write", "administrator"],
  removeAdministrator: ["administrators:write", "administrator"],
  removeAdministratorPasskey: ["administrators:write", "administrator"],
  endAdministratorSession: ["administrators:write", "administrator"],
  previewPolicy: ["settings:read", "administrator"],
  explainPolicy: ["settings:read", "administrator"],
};

/** Scopes that allow one thing, in place of the wider one. */
const narrower: Record<string, string> = {
  endSession: "sessions:write",
  endSessions: "sessions:write",
  resendInvitation: "invitations:resend",
  startJob: "invitations:write",
  cancelJob: "invitations:write",
};

describe("who may do what with the administration API", () => {
  let guestpass: Guestpass;
  let administrator: RegisteredApplication;
  let files: RegisteredApplication;
  let operations: Operation[];

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "10000/1m" });
    const { applications } = await startWithAdmin(guestpass);
    administrator = applications.administrator;
    files = applications.files;
    operations = await operationsOf(guestpass);
  });
  after(() => guestpass.stop());

  const attempt = (api: AdminApi, { method, path, json, csv }: Operation) => api.send(method, path, csv === undefined ? { json } : { csv });

  it("has a rule for every operation", () => {
    expect(operations.map(({ id }) => id)).to.have.members(Object.keys(rules));
    for (const { id, scope } of operations) expect(rules[id]?.[0], id).to.equal(scope);
  });

  it("asks for the one scope of the operation, of an administrator's client", async () => {
    for (const scope of apiScopes) {
      const api = new AdminApi(guestpass, administrator, scope);
      for (const operation of operations) {
        const { status, body, headers } = await attempt(api, operation);
        const what = `${operation.id} with ${scope}: ${body["detail"]}`;
        if ([rules[operation.id]?.[0], narrower[operation.id]].includes(scope)) expect(status, what).not.to.be.oneOf([401, 403, 415, 500]);
        else {
          expect([status, body["detail"]], what).to.deep.equal([403, `The access token needs the scope ${operation.scope}.`]);
          expect(headers.get("www-authenticate")).to.equal(`Bearer error="insufficient_scope", scope="${operation.scope}"`);
        }
      }
    }
  });

  it("lets an application do what is its own, with the scope for it", async () => {
    for (const scope of ownApiScopes) {
      const api = new AdminApi(guestpass, files, scope);
      for (const operation of operations) {
        const { status } = await attempt(api, { ...operation, path: operation.path.replace("client_id=files&", "") });
        const [needed, who] = rules[operation.id] ?? [];
        const what = `${operation.id} with ${scope}`;
        if (needed === scope && who === "own") expect(status, what).not.to.be.oneOf([401, 403, 415, 500]);
        else expect(status, what).to.equal(403);
      }
    }
  });

  it("gives an application no token with an administrator's scope", async () => {
    const all = new Set<string>(apiScopes);
    for (const scope of all.difference(new Set<string>(ownApiScopes))) {
      const token = await tokenFor(guestpass, files, `${scope} guests:read`).catch(() => undefined);
      if (token === undefined) continue;
      const { status } = await fetchWith(guestpass, token, "/guests");
      expect(status).to.equal(200);
      for (const operation of operations.filter((each) => each.scope === scope && each.method === "GET"))
        expect((await fetchWith(guestpass, token, operation.path)).status, `${operation.id} with ${scope}`).to.equal(403);
    }
  });

  it("ends when a client is no longer an administrator's, though its token is still good", async () => {
    const demoted = await guestpass.register("demoted", { policy: { administrator: true } });
    const api = new AdminApi(guestpass, demoted);
    expect((await api.get("/settings")).status).to.equal(200);
    const { applications } = guestpass.server.app;
    const before = await applications.read("demoted");
    if (!before) throw new Error("it is gone");
    const by = { who: "operator", channel: "cli" as const, network: null };
    await applications.update(before, { policy: { ...before.policy, administrator: false } }, by);
    expect((await api.get("/settings")).status).to.equal(403);
    expect((await api.get("/guests")).body["items"]).to.deep.equal([]);
  });
});

function fetchWith(guestpass: Guestpass, token: string, path: string): Promise<Response> {
  return fetch(`${guestpass.issuer}/admin${path}`, { headers: { authorization: `Bearer ${token}` } });
}
