// Anything that a stranger can throw at the administration API.
import { expect } from "chai";
import { pino } from "pino";
import { AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { send } from "../../support/raw-http.ts";

describe("requests to the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  const lines: string[] = [];

  before(async () => {
    guestpass = await Guestpass.start({}, { log: pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }) });
    ({ admin } = await startWithAdmin(guestpass));
  });
  after(() => guestpass.stop());

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
      ["GET", "/guests?email=ada@example.com"],
      ["GET", "/audit?subject=x"],
      ["POST", "/invitations?send_mail=false", { email: "ada@example.com", client_id: "files" }],
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
      [json, Buffer.from('{"email":"zoe@example.com","name":"Zo\u00eb"}', "latin1"), 400],
      [json, `{"notes":"${"x".repeat(1_100_000)}"}`, 413],
    ] as const) {
      const answer = await raw(headers, body);
      expect(answer.status, String(body).slice(0, 40)).to.equal(status);
      expect(answer.headers["content-type"]).to.contain("application/problem+json");
    }
    expect((await admin.get("/guests")).body["items"]).to.deep.equal([]);
    const unauthorized = await send(port, "/admin/invitations/bulk", {
      method: "POST",
      headers: { "content-type": "text/csv", "content-length": "9000000" },
    }).catch((error: Error) => error);
    expect(unauthorized).to.include({ status: 401 });
  });

  it("reach only operations that exist: everything else is no operation", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", ""],
      ["GET", "/nothing"],
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

  it("have an ETag that If-Match takes, weakened by a proxy too, and nothing else", async () => {
    const { body, headers } = await admin.post("/guests", { email: "etag@example.com" });
    const etag = headers.get("etag") as string;
    for (const [ifMatch, status] of [
      [`W/${etag}`, 200],
      [`W/${etag}`, 412],
      [etag.slice(1, -1), 400],
      ['"x"', 400],
      ['"1"', 412],
      [`${etag}, "1"`, 400],
      ["*", 200],
    ] as const)
      expect((await admin.patch(`/guests/${body["sub"]}`, {}, { "if-match": ifMatch })).status, ifMatch).to.equal(status);
  });

  it("are refused with an If-Match that the operation does not use", async () => {
    const { body } = await admin.post("/guests", { email: "unconditional@example.com" });
    const refused = await admin.post(`/guests/${body["sub"]}/suspend`, { reason: "left" }, { "if-match": '"1"' });
    expect([refused.status, refused.body["detail"]]).to.deep.equal([
      400,
      "This operation takes no If-Match: it is carried out even if something has changed.",
    ]);
    expect((await admin.get(`/guests/${body["sub"]}`)).body["state"]).to.equal("invited");
  });

  it("say which kind of body they could not read", async () => {
    const send = (path: string, type: string, csv: string) => admin.send("POST", path, { csv, headers: { "content-type": type } });
    for (const [path, type, csv, status, detail] of [
      ["/guests", "application/json", "{", 400, "The body is not valid JSON, although its Content-Type says so."],
      ["/guests", "text/csv", "email", 415, "Send it with Content-Type: application/json."],
      ["/invitations/bulk", "application/json", "email", 400, "The body is not valid JSON, although its Content-Type says so."],
      ["/invitations/bulk", "text/plain", "email", 415, "Send it with Content-Type: application/json or text/csv."],
      ["/invitations/import/sharepoint", "application/json", "{}", 415, "Send it with Content-Type: text/csv."],
    ] as const) {
      const answer = await send(path, type, csv);
      expect([answer.status, answer.body["detail"]], `${path} ${type}`).to.deep.equal([status, detail]);
    }
    const squeezed = await admin.post("/guests", {}, { "content-encoding": "zip" });
    expect([squeezed.status, squeezed.body["detail"]]).to.deep.equal([415, "The Content-Encoding of the body is not supported."]);
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
