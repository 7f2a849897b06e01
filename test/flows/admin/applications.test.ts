import { expect } from "chai";
import { AdminApi, ownScopes, registeredAs, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { codeFor, endpoints, opens, post, redeem, refresh, signedIn } from "../../support/protocol.ts";

const minimal = { name: "Acme Files", redirect_uris: [redirectUri] };

describe("applications through the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  const create = async (more: object = {}) => (await admin.post("/applications", { ...minimal, ...more })).body as Record<string, string>;
  const token = (application: RegisteredApplication) =>
    post(guestpass, endpoints.token, application, { grant_type: "client_credentials", scope: ownScopes });

  it("are registered with what guests see and who is admitted, and work at once", async () => {
    const settings = {
      client_id: "acme",
      admission: "anyone",
      first_party: true,
      allow_domains: ["example.com"],
      deny_domains: ["*.example.com"],
      target_origins: ["https://files.example.com/", "https://FILES.example.com"],
      reverification_days: 0.5,
      support_address: "help@acme.example",
      colour: "#0b57d0",
      logo_uri: "https://acme.example/logo.svg",
      initiate_login_uri: "https://acme.example/start",
      backchannel_logout_uri: "https://acme.example/logout",
      resources: { "https://api.acme.example": "files:read files:write" },
    };
    const { status, body } = await admin.post("/applications", { ...minimal, ...settings });
    expect(status).to.equal(201);
    expect(body).to.deep.include({
      ...settings,
      target_origins: ["https://files.example.com"],
      name: "Acme Files",
      has_secret: true,
      administrator: false,
    });
    const { accessToken } = await signedIn(guestpass, registeredAs(body), { address: "ada@example.com" });
    expect(await opens(guestpass, accessToken)).to.equal(true);
    expect((await admin.post("/applications", { ...minimal, client_id: "acme" })).status).to.equal(409);
  });

  it("are validated as oidc-provider does it, with its words, before anything is stored", async () => {
    for (const [change, words] of [
      [{ redirect_uris: ["https://acme.example/callback#fragment"] }, "redirect_uris must not contain fragments"],
      [{ redirect_uris: ["javascript:alert(1)"] }, "redirect_uris"],
      [{ redirect_uris: ["not a uri"] }, "redirect_uris must only contain valid uris"],
      [{ initiate_login_uri: "http://acme.example/start" }, "initiate_login_uri must begin with https://"],
      [{ token_endpoint_auth_method: "private_key_jwt" }, "jwks"],
      [{ token_endpoint_auth_method: "none", pkce_optional: true }, "PKCE can only be optional"],
      [{ token_endpoint_auth_method: "none", administrator: true }, "anyone can claim"],
    ] as const) {
      const { status, body } = await admin.post("/applications", { ...minimal, ...change });
      expect([status, body["title"]], words).to.deep.equal([422, "Cannot be registered"]);
      expect(body["detail"]).to.contain(words);
    }
    expect(
      (await admin.post("/applications", { ...minimal, initiate_login_uri: "http://localhost:4000/start" })).status,
      "a developer's",
    ).to.equal(201);
    const { client_id: id } = await create();
    const refused = await admin.patch(`/applications/${id}`, { redirect_uris: ["https://acme.example/#"] });
    expect(refused.status).to.equal(422);
    expect((await admin.get(`/applications/${id}`)).body["redirect_uris"]).to.deep.equal([redirectUri]);
    expect((await admin.get("/applications")).body["items"]).to.have.length(5);
  });

  it("refuse what a caller may not decide, and what nobody knows", async () => {
    for (const field of [
      "client_secret",
      "client_secret_expires_at",
      "sector_identifier_uri",
      "subject_type",
      "grant_types",
      "response_types",
      "scope",
      "guestpass_administrator",
      "guestpass_previous_secrets",
      "guestpass_resources",
      "request_object_signing_alg",
      "nonsense",
    ]) {
      const { status, body } = await admin.post("/applications", { ...minimal, [field]: "x" });
      expect([status, body["errors"]], field).to.deep.equal([400, [{ field, in: "body", message: "is not an allowed field here" }]]);
    }
    for (const bad of [
      { target_origins: ["https://acme.example/path"] },
      { target_origins: ["javascript:alert(1)"] },
      { target_origins: ["https://*.acme.example"] },
      { allow_domains: ["not a domain"] },
      { colour: "red" },
      { admission: "everyone" },
      { name: "" },
      { logo_uri: "javascript:alert(1)" },
      { client_id: "a\u0000b" },
      { client_id: "a b" },
      { client_id: "../c" },
      { client_id: "a/b" },
      { client_id: "a:b" },
    ])
      expect((await admin.post("/applications", { ...minimal, ...bad })).status, JSON.stringify(bad)).to.equal(400);
  });

  it("change only what is given: null takes away, the rest stays, and a new secret comes where one is needed", async () => {
    const body = await create({ logo_uri: "https://acme.example/logo.svg", reverification_days: 7, colour: "#000000" });
    const path = `/applications/${body["client_id"]}`;
    const changed = await admin.patch(path, { logo_uri: null, colour: null, name: "Acme" });
    expect(changed.body).to.include({ logo_uri: null, colour: null, name: "Acme", reverification_days: 7, has_secret: true });
    const open = await admin.patch(path, { token_endpoint_auth_method: "none" });
    expect(open.body).to.deep.include({ has_secret: false, grant_types: ["authorization_code", "refresh_token"] });
    expect(open.body).not.to.have.property("client_secret");
    expect((await token(registeredAs(body))).status).to.be.oneOf([400, 401]);
    expect((await admin.post(`${path}/rotate-secret`, {})).status).to.equal(409);
    const closed = await admin.patch(path, { token_endpoint_auth_method: "client_secret_post" });
    expect((await token(registeredAs(closed.body))).status).to.be.oneOf([200, 401]);
    expect(closed.body["client_secret"]).to.be.a("string").and.not.to.equal(body["client_secret"]);
  });

  it("are changed, and removed, by one of those who read the same version", async () => {
    const { client_id: id } = await create();
    const etag = (await admin.get(`/applications/${id}`)).headers.get("etag") as string;
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => admin.patch(`/applications/${id}`, { name: `Name ${index}` }, { "if-match": etag })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array<number>(5).fill(412)]);
    expect((await admin.delete(`/applications/${id}`, { "if-match": etag })).status).to.equal(412);
    expect((await admin.post(`/applications/${id}/rotate-secret`, {}, { "if-match": etag })).status).to.equal(412);
    const now = answers.find(({ status }) => status === 200)?.headers.get("etag") as string;
    expect((await admin.delete(`/applications/${id}`, { "if-match": now })).status).to.equal(204);
    expect((await admin.get(`/applications/${id}`)).status).to.equal(404);
  });

  it("are listed page by page, however long their client_ids are", async () => {
    const clientIds = [`a${"x".repeat(199)}`, `b${"x".repeat(199)}`];
    for (const clientId of clientIds)
      expect((await admin.post("/applications", { name: "Long", client_id: clientId })).status).to.equal(201);
    const first = await admin.get("/applications?limit=1");
    const second = await admin.get(`/applications?limit=1&cursor=${first.body["next"]}`);
    const listed = [first, second].flatMap(({ body }) => body["items"] as { client_id: string }[]);
    expect(listed.map((application) => application.client_id)).to.deep.equal(clientIds);
  });

  it("admit nobody once removed: no sign-in, no token, no invitation", async () => {
    const body = await create({ admission: "anyone", first_party: true });
    const application = registeredAs(body);
    const { accessToken } = await signedIn(guestpass, application);
    const api = new AdminApi(guestpass, application);
    const invitation = await api.post("/invitations", { email: "ada@example.com", send_mail: false });
    expect((await admin.delete(`/applications/${body["client_id"]}`)).status).to.equal(204);
    expect(await opens(guestpass, accessToken)).to.equal(false);
    expect((await api.get("/invitations")).status).to.equal(401);
    expect((await token(application)).status).to.equal(401);
    expect((await admin.get(`/invitations/${invitation.body["id"]}`)).status).to.equal(404);
    expect((await guestpass.browser().request(String(invitation.body["link"]))).status).to.equal(410);
  });

  it("leave nothing to one that is added under the same client id, and take nothing from another", async () => {
    const settings = { client_id: "acme", admission: "anyone", first_party: true };
    const before = registeredAs(await create(settings));
    const other = await guestpass.register("ACME");
    const { accessToken, refreshToken, browser } = await signedIn(guestpass, before);
    const { code, request } = await codeFor(guestpass, before, { address: "bob@example.com" });
    const ofOther = await signedIn(guestpass, other, { address: "carol@example.com" });
    const api = String((await token(before)).json["access_token"]);
    await admin.delete("/applications/acme");
    const after = registeredAs(await create(settings));
    expect(await opens(guestpass, accessToken)).to.equal(false);
    expect((await refresh(guestpass, after, refreshToken)).json["error"]).to.equal("invalid_grant");
    expect((await redeem(guestpass, after, { code, request })).json["error"]).to.equal("invalid_grant");
    expect((await fetch(`${guestpass.issuer}/admin/invitations`, { headers: { authorization: `Bearer ${api}` } })).status).to.equal(401);
    expect(await opens(guestpass, ofOther.accessToken)).to.equal(true);
    expect((await browser.open((await guestpass.authorizationRequest(after)).url)).query).to.have.property("code");
  });

  it("are administrators' clients only where an administrator says so, and have a secret or a key then", async () => {
    const machine = await create({ redirect_uris: [], administrator: true });
    expect(machine["grant_types"]).to.deep.equal(["client_credentials"]);
    expect((await new AdminApi(guestpass, registeredAs(machine)).get("/settings")).status).to.equal(200);
  });
});
