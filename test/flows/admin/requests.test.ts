// What anyone can throw at the administration API.
import { expect } from "chai";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { pino } from "pino";
import { AdminApi, allScopes, ownScopes, startWithAdmin, toAnswer, tokenFor } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, post, signedIn } from "../../support/protocol.ts";
import { send } from "../../support/raw-http.ts";

describe("requests to the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let administrator: RegisteredApplication;
  const lines: string[] = [];

  before(async () => {
    guestpass = await Guestpass.start({}, { log: pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }) });
    const started = await startWithAdmin(guestpass);
    admin = started.admin;
    administrator = started.applications.administrator;
  });
  after(() => guestpass.stop());

  const bearing = async (authorization: string | undefined, path = "/guests") =>
    toAnswer(await fetch(`${guestpass.issuer}/admin${path}`, { headers: authorization === undefined ? {} : { authorization } }));

  it("need an access token that an application got for this API with its own credentials", async () => {
    const application = await guestpass.register("open", {
      metadata: { guestpass_resources: { "https://api.example": { scope: "guests:read" } } },
    });
    const { accessToken, refreshToken, idToken } = await signedIn(guestpass, application, {
      params: { scope: "openid offline_access guests:read" },
    });
    const token = await admin.token;
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token} ${token}`,
      `Basic ${btoa(`console:${administrator.secret}`)}`,
      `Bearer ${administrator.secret}`,
      `Bearer ${accessToken}`,
      `Bearer ${refreshToken}`,
      `Bearer ${idToken}`,
      `DPoP ${token}`,
    ]) {
      const { status, headers, body } = await bearing(authorization);
      expect(status, authorization).to.equal(401);
      expect(headers.get("www-authenticate")).to.match(/^Bearer/);
      expect(headers.get("content-type")).to.contain("application/problem+json");
      expect(body).to.include({ status: 401, title: "Sign in" });
    }
    expect((await bearing(undefined, `/guests?access_token=${token}`)).status).to.equal(401);
    expect((await bearing(`bearer ${token}`)).status).to.equal(200);
  });

  it("cannot be made in a guest's name: no sign-in gives a token for this API", async () => {
    const request = await guestpass.authorizationRequest(administrator, {
      resource: `${guestpass.issuer}/admin`,
      scope: `openid ${allScopes}`,
    });
    expect((await guestpass.browser().request(request.url)).query["error"]).to.equal("invalid_target");
  });

  it("are not for public clients, even where one was registered with the grant", async () => {
    const { applications } = guestpass.server.app;
    const files = await guestpass.register("was-confidential");
    const stored = await applications.read("was-confidential");
    if (!stored) throw new Error("it is gone");
    const { client_secret: _secret, ...metadata } = stored.metadata;
    const by = { who: "operator", channel: "cli" as const, network: null };
    await applications.update(stored, { metadata: { ...metadata, token_endpoint_auth_method: "none" } }, by);
    const open = { ...files, secret: undefined, metadata: { ...metadata, token_endpoint_auth_method: "none" } };
    const { status } = await post(guestpass, endpoints.token, open, { grant_type: "client_credentials", scope: ownScopes });
    expect(status).to.equal(400);
  });

  it("do not take a token that is bound to a key as a bearer token (RFC 9449, 7.2)", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const proof = await new SignJWT({ htm: "POST", htu: `${guestpass.issuer}${endpoints.token}`, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(publicKey) })
      .setIssuedAt()
      .sign(privateKey);
    const fields = { grant_type: "client_credentials", scope: "guests:read" };
    const { json } = await post(guestpass, endpoints.token, administrator, fields, { dpop: proof });
    expect(json["token_type"]).to.equal("DPoP");
    expect((await bearing(`Bearer ${json["access_token"]}`)).status).to.equal(401);
  });

  it("end with the token's ten minutes, and with its revocation", async () => {
    const token = await tokenFor(guestpass, administrator);
    await post(guestpass, endpoints.revocation, administrator, { token });
    expect((await bearing(`Bearer ${token}`)).status).to.equal(401);
    const late = await tokenFor(guestpass, administrator);
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    expect((await bearing(`Bearer ${late}`)).status).to.equal(401);
    admin = new AdminApi(guestpass, administrator);
  });

  it("are answered with problems, never with faults, whatever they hold", async () => {
    const nul = "a\u0000b";
    for (const [method, path, json] of [
      ["GET", "/guests/%00"],
      ["GET", "/guests/%ff"],
      ["GET", `/guests/${"x".repeat(5000)}`],
      ["GET", "/guests?limit=0"],
      ["GET", "/guests?limit=1e9"],
      ["GET", "/guests?limit=1&limit=2"],
      ["GET", "/guests?domain=%00"],
      ["GET", "/guests?cursor=%00"],
      ["GET", `/guests?cursor=${Buffer.from("99999999999999999999 x").toString("base64url")}`],
      ["GET", `/guests?cursor=${Buffer.from("1 a\u0000b").toString("base64url")}`],
      ["GET", `/guests?cursor=${Buffer.from("-1 x").toString("base64url")}`],
      ["GET", "/guests?verified_before=yesterday"],
      ["GET", "/guests?client_id=%00"],
      ["GET", "/audit?sub=%00&action=%00"],
      ["GET", "/audit?since=9999-99-99T00:00:00Z"],
      ["GET", "/applications/%00"],
      ["GET", "/invitations/%00"],
      ["POST", "/guests", { email: nul }],
      ["POST", "/guests", { email: "ada@example.com", notes: nul }],
      ["POST", "/guests", { email: "ada@example.com", name: nul }],
      ["POST", "/guests", { email: "ada@example.com", external_id: nul }],
      ["POST", "/guests", { email: { $ne: "" } }],
      ["POST", "/guests", [{ email: "ada@example.com" }]],
      ["POST", "/guests/search", { search: nul }],
      ["POST", "/guests/lookup", { addresses: [1] }],
      ["POST", "/invitations", { email: "ada@example.com", client_id: nul }],
      ["POST", "/invitations", { email: "ada@example.com", client_id: "files", message: nul }],
      ["POST", "/applications", { name: nul }],
    ] as const) {
      const { status, body } = await admin.send(method, path, json === undefined ? {} : { json });
      expect(status, `${method} ${path} ${JSON.stringify(json)}`).to.be.oneOf([400, 404]);
      expect(body).to.include({ status, type: "about:blank" });
    }
    for (const search of ['"', "%", "_", "\\", "' OR 1=1 --", "*", "NEAR(", "ad\u0131", "\ud800abc"]) {
      const { status, body } = await admin.post("/guests/search", { search });
      expect([status, body["items"]], search).to.deep.equal([200, []]);
    }
    expect(lines.filter((line) => line.includes('"level":50'))).to.deep.equal([]);
  });

  it("have bodies that can be read, of a size that is told, and are judged by their token before them", async () => {
    const port = Number(new URL(guestpass.issuer).port);
    const token = await admin.token;
    const raw = (headers: Record<string, string>, body: string | Buffer, path = "/admin/guests") =>
      send(port, path, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-length": String(Buffer.byteLength(body)), ...headers },
        body,
      });
    const json = { "content-type": "application/json" };
    for (const [headers, body, status] of [
      [json, "{", 400],
      [json, '"text"', 400],
      [json, "", 400],
      [json, '{"email":', 400],
      [{ "content-type": "text/plain" }, '{"email":"ada@example.com"}', 415],
      [{ "content-type": "application/x-www-form-urlencoded" }, "email=ada@example.com", 415],
      [{ ...json, "content-encoding": "gzip" }, "not gzip", 400],
      [json, `{"notes":"${"x".repeat(1_100_000)}"}`, 413],
    ] as const) {
      const answer = await raw(headers, body);
      expect(answer.status, body.slice(0, 40)).to.equal(status);
      expect(answer.headers["content-type"]).to.contain("application/problem+json");
    }
    const unauthorized = await send(port, "/admin/invitations/bulk", {
      method: "POST",
      headers: { "content-type": "text/csv", "content-length": "9000000" },
    }).catch((error: Error) => error);
    expect(unauthorized).to.include({ status: 401 });
  });

  it("are known by what there is: everything else is no operation", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", ""],
      ["GET", "/nothing"],
      ["PUT", "/guests"],
      ["DELETE", "/guests"],
      ["GET", "/guests/../settings/x"],
    ] as const) {
      const answer = await admin.send(method, path);
      expect(answer.status, `${method} ${path}`).to.equal(404);
      expect(answer.headers.get("content-type")).to.contain("application/problem+json");
    }
  });

  it("are not kept by anyone on the way, and leave no address in the log", async () => {
    lines.length = 0;
    const { headers } = await admin.post("/guests", { email: "log@example.com", name: "Logged Person" });
    await admin.post("/guests/search", { email: "log@example.com" });
    await admin.post("/guests", { email: "log@example.com", unknown: "log@example.com" });
    await admin.get("/guests/log@example.com");
    expect(headers.get("cache-control")).to.equal("no-store");
    expect(headers.get("x-content-type-options")).to.equal("nosniff");
    expect(lines.join("")).not.to.match(/log@|Logged/);
    expect(lines.join("")).to.contain('"route":"/admin/guests"');
  });

  it("have an ETag that If-Match takes, and nothing else", async () => {
    const { body, headers } = await admin.post("/guests", { email: "etag@example.com" });
    const etag = headers.get("etag") as string;
    for (const [ifMatch, status] of [
      [`W/${etag}`, 400],
      [etag.slice(1, -1), 400],
      ['"x"', 400],
      ['"1"', 412],
      [`${etag}, "1"`, 400],
      ["*", 200],
    ] as const)
      expect((await admin.patch(`/guests/${body["sub"]}`, {}, { "if-match": ifMatch })).status, ifMatch).to.equal(status);
  });

  it("are limited to 600 a minute for each application, and told how long to wait", async () => {
    const busy = await guestpass.register("busy");
    const api = new AdminApi(guestpass, busy);
    await api.token;
    const statuses: number[] = [];
    let refused: Awaited<ReturnType<AdminApi["get"]>> | undefined;
    for (let batch = 0; batch < 62; batch++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => api.get("/invitations?limit=1")));
      statuses.push(...answers.map(({ status }) => status));
      refused ??= answers.find(({ status }) => status === 429);
    }
    expect(statuses.filter((status) => status === 200)).to.have.length(600);
    expect(statuses.filter((status) => status === 429)).to.have.length(20);
    expect(Number(refused?.headers.get("retry-after"))).to.be.within(1, 60);
    expect(refused?.body).to.include({ status: 429, title: "Too many requests" });
    expect((await admin.get("/guests")).status, "another application").to.equal(200);
  });
});
