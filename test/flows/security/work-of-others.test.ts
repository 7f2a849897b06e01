// Whatever others send is counted before it is worked on: the worst of each kind is refused or accepted, and nobody waits meanwhile.
import { generateKeyPairSync, sign } from "node:crypto";
import { expect } from "chai";
import { createTransport } from "nodemailer";
import { AdminApi } from "../../support/admin.ts";
import { fuzzSettings } from "../../support/fuzz.ts";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { expectNoFaults, memoryLog } from "../../support/memory-log.ts";
import { endpoints } from "../../support/protocol.ts";
import { enqueue } from "../../support/queued-mail.ts";
import { openSocket, type RawAnswer, send } from "../../support/raw-http.ts";
import { longestStall } from "../../support/stall.ts";

/**
 * Milliseconds of processor time. The rule is 50; a first request also compiles what it runs, and this process makes what it sends. Without the limits each of
 * these takes from a quarter of a second to minutes.
 */
const mostStall = 150;
const mebibyte = 1024 * 1024;
const sendgridKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });

const nested = (levels: number, open = "[", close = "]") => open.repeat(levels) + close.repeat(levels);
const list = (value: string, count: number) => `[${Array(count).fill(value).join(",")}]`;
const worstJson = {
  "lists within one another": nested(mebibyte / 2 - 10),
  "objects within one another": nested(160_000, '{"a":', "}").replace(":}", ":1}"),
  "many numbers": list("1", 500_000),
  "many empty objects": list("{}", 340_000),
  "many empty lists": list("[]", 340_000),
  "many fields": `{${Array.from({ length: 80_000 }, (_, index) => `"k${index}":1`).join(",")}}`,
  "many texts with nothing between them": `[${'""'.repeat(500_000)}]`,
};
/** As much as is let through, and nothing of it right. */
const allowedJson = {
  "as many wrong values as are read": list("1", 24_990),
  "as many wrong fields as are read": `{${Array.from({ length: 24_990 }, (_, index) => `"k${index}":1`).join(",")}}`,
  "as deep as is read": nested(15),
  "one long text": `["${"\\\\".repeat(520_000)}"]`,
  "a text that does not end": `["${"a".repeat(1_000_000)}`,
  "brackets that nothing opened": "[]".padEnd(1_000_000, "]"),
  "blanks alone": `[${" ".repeat(1_000_000)}]`,
};

describe("what others send", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let application: RegisteredApplication;
  let token: string;
  const { log, lines } = memoryLog();

  before(async () => {
    guestpass = await Guestpass.start(
      {
        ...fuzzSettings,
        GUESTPASS_MAILGUN_WEBHOOK_KEY: "key-of-the-tests-0123456789",
        GUESTPASS_POSTMARK_WEBHOOK: "hooks:a-password-of-the-tests",
        GUESTPASS_SES_TOPICS: "arn:aws:sns:eu-west-1:123456789012:bounces",
        GUESTPASS_SENDGRID_WEBHOOK_KEY: sendgridKeys.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
      },
      { log },
    );
    admin = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
    application = await guestpass.register("files");
    token = await admin.token;
  });
  after(() => guestpass.stop());
  expectNoFaults(lines);

  const port = () => guestpass.server.port;
  const post = (path: string, type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    send(port(), path, { method: "POST", headers: { "content-type": type, accept: "text/html", ...headers }, body });
  const api = (path: string, body: string, method = "POST") =>
    send(port(), `/admin${path}`, { method, headers: { "content-type": "application/json", authorization: `Bearer ${token}` }, body });

  async function answered(what: string, work: () => Promise<RawAnswer>, statuses: number[]): Promise<void> {
    const { result, stall } = await longestStall(work, mostStall);
    expect(statuses, `${what}: ${result.status} ${result.body.slice(0, 300)}`).to.include(result.status);
    expect(stall, `${what}: milliseconds without a turn for others`).to.be.lessThan(mostStall);
  }

  describe("as JSON to the administration API", () => {
    for (const [what, body] of Object.entries(worstJson))
      it(`is too large, and counted before it is parsed: ${what}`, async () => {
        for (const path of ["/invitations/bulk", "/guests/lookup"]) await answered(path, () => api(path, body), [413]);
      });

    for (const [what, body] of Object.entries(allowedJson))
      it(`is refused quickly: ${what}`, async () => {
        for (const path of ["/invitations/bulk", "/guests/lookup", "/invitations"])
          await answered(path, () => api(path, body), [200, 400, 413]);
        await answered("settings", () => api("/settings", body, "PATCH"), [400]);
      });

    it("is refused quickly where a list has as many wrong elements as are read", async () => {
      for (const field of ["allow_domains", "deny_domains"])
        await answered(field, () => api("/settings", `{"${field}":${list('"@@"', 24_000)}}`, "PATCH"), [400]);
      for (const wrong of ["1", '"x"', "{}", '{"email":1,"a":2}'])
        await answered(wrong, () => api("/invitations/bulk", list(wrong, 1000)), [200]);
      await answered("addresses", () => api("/guests/lookup", `{"addresses":${list('"x@y@z"', 1000)}}`), [200, 400, 404]);
    });

    it("is refused quickly where a name is long, of blanks or of lines", async () => {
      for (const blanks of [
        " ".repeat(900_000),
        "\t\u3000 ".repeat(200_000),
        "\\n".repeat(400_000),
        "a\\n".repeat(300_000),
        " a".repeat(450_000),
      ]) {
        const name = `"a${blanks}b"`;
        await answered("invitation", () => api("/invitations", `{"client_id":"files","email":"a@example.com","name":${name}}`), [400]);
        await answered("bulk", () => api("/invitations/bulk?client_id=files", `[{"email":"a@example.com","name":${name}}]`), [200, 400]);
      }
    });

    it("cannot set a prototype", async () => {
      for (const key of ["__proto__", "__pro\\u0074o__", "\\u005f_proto__"])
        expect((await api("/invitations", `{"email":"a@example.com","${key}" : {"admin":true}}`)).status, key).to.equal(400);
    });
  });

  describe("as CSV", () => {
    const files: Record<string, [body: string, statuses: number[]]> = {
      "10 MiB of blank lines": ["\n".repeat(10 * mebibyte - 1), [413]],
      "10 MiB of blanks below a title": [`report\n${" ".repeat(10 * mebibyte - 8)}`, [413]],
      "titles of blanks": [`${`${"\u2003 \u3000".repeat(33_000)}x\n`.repeat(19)}email\na@example.com\n`, [200]],
      "a header of 98 KB": [`email,${"a,".repeat(49_000)}\n`, [413]],
      "ten thousand rows that are wrong": [`email,name\n${"nobody,x\n".repeat(9_999)}`, [200]],
      "ten thousand rows that are empty but for a comma": [`email,name\n${",\n".repeat(9_999)}`, [200, 400]],
      "quotation marks that nothing closes": [`email,name\n${'"a\n'.repeat(9_999)}`, [200]],
    };
    for (const [what, [body, statuses]] of Object.entries(files))
      it(`is counted, and leaves others their turn: ${what}`, () =>
        answered(
          what,
          () => post("/admin/invitations/bulk?client_id=files", "text/csv", body, { authorization: `Bearer ${token}` }),
          statuses,
        ));

    it("is counted, and leaves others their turn: a SharePoint report of ten thousand rows that lead nowhere", () => {
      const head = "Resource Path,Item Type,Permission,User Name,User Email,User Or Group Type,Link ID,Link Type,AccessViaLinkID\n";
      const body = head + '"sites/x/a b/%%/c.pdf",File,Read,X,x@example.com,External,,,\n'.repeat(9_990);
      return answered(
        "report",
        () =>
          post("/admin/invitations/import/sharepoint?client_id=files&dry_run=true", "text/csv", body, { authorization: `Bearer ${token}` }),
        [200, 400],
      );
    });
  });

  describe("as a form", () => {
    const form = "application/x-www-form-urlencoded";
    const forms = ["token", "introspection", "revocation", "pushed"] as const;

    it("is too large with more than 1,000 fields, empty or not, or too many bytes, wherever it is posted", async () => {
      const browser = guestpass.browser();
      const page = await browser.open((await guestpass.authorizationRequest(application)).url);
      const cookie = await browser.jar.getCookieString(page.url);
      const { pathname } = new URL(page.url);
      const paths = [`${pathname}/email`, `${pathname}/passcode`, "/session/end/confirm", ...forms.map((name) => endpoints[name])];
      for (const path of paths) {
        for (const [what, body] of Object.entries({
          fields: "a=1&".repeat(1001),
          separators: "&".repeat(50_000),
          bytes: `a=${"x".repeat(70_000)}`,
          brackets: `a${"[a]".repeat(15_000)}=1&`.padEnd(50_000, "&"),
        })) {
          await answered(`${path} ${what}`, () => post(path, form, body, { cookie }), [413]);
          await answered(`${path} ${what}, in chunks`, () => post(path, form, body, { cookie, "transfer-encoding": "chunked" }), [413]);
        }
        await answered(`${path} nested`, () => post(path, form, `token${"[a]".repeat(15_000)}=1`, { cookie }), [400, 401, 403]);
        await answered(`${path} escapes`, () => post(path, form, `token=${"%41".repeat(15_000)}`, { cookie }), [400, 401, 403]);
      }
    });

    it("is refused quickly where a parameter of a sign-in is JSON or a JWT with much in it", async () => {
      const deep = nested(9_000, '{"a":', "}").replace(":}", ":1}");
      const wide = `{${Array.from({ length: 4_000 }, (_, index) => `"k${index}":null`).join(",")}}`;
      const jwt = (payload: string, header = '{"alg":"ES256"}') =>
        [header, payload, "x"].map((part) => btoa(part).replaceAll("=", "")).join(".");
      const big = [deep, wide, nested(20_000)];
      const pushed = (more: Record<string, string>) =>
        post(
          endpoints.pushed,
          form,
          new URLSearchParams({
            client_id: "files",
            client_secret: application.secret ?? "",
            response_type: "code",
            redirect_uri: redirectUri,
            scope: "openid",
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            code_challenge_method: "S256",
            ...more,
          }).toString(),
        );
      for (const each of big) {
        for (const claims of [each, `{"id_token":${each}}`, `{"userinfo":{"email":${each}}}`, `{"id_token":{"sub":{"values":${each}}}}`])
          await answered(`claims ${claims.slice(0, 40)}`, () => pushed({ claims }), [201, 400, 401, 413]);
        for (const name of [
          "authorization_details",
          "registration",
          "request",
          "id_token_hint",
          "client_assertion",
          "resource",
          "acr_values",
          "ui_locales",
        ])
          for (const value of [each, jwt(each), jwt("{}", each)])
            await answered(`${name} ${value.slice(0, 30)}`, () => pushed({ [name]: value }), [201, 400, 401, 413]);
        for (const token of [jwt(each), jwt("{}", each)]) {
          await answered(
            "introspection",
            () => post(endpoints.introspection, form, new URLSearchParams({ token }).toString()),
            [400, 401, 413],
          );
          await answered(
            "end of session",
            () => post("/session/end", form, new URLSearchParams({ id_token_hint: token }).toString()),
            [200, 303, 400, 404, 413],
          );
        }
      }
    });

    it("is refused quickly where a query is long or has much in it", async () => {
      const claims = encodeURIComponent(nested(2_000, '{"a":', "}").replace(":}", ":1}")).slice(0, 12_000);
      for (const query of [
        `claims=${claims}`,
        "a&".repeat(7_000),
        "&".repeat(14_000),
        "a&".repeat(999),
        "client_id=files&".repeat(900),
        `id_token_hint=${"e30.".repeat(3_500)}`,
      ])
        for (const path of ["/auth", "/session/end", "/healthz", "/nowhere"])
          await answered(query.slice(0, 20), () => send(port(), `${path}?${query}`), [200, 303, 400, 404, 414]);
    });
  });

  describe("in headers", () => {
    it("is refused where they are longer than 16 KiB in all, and read where there are many", async () => {
      await answered("long", () => send(port(), "/healthz", { headers: { cookie: "a".repeat(17_000) } }), [431]);
      const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`x${index}`, "1"]));
      await answered("many", () => send(port(), "/healthz", { headers: many }), [200, 431]);
      const cookies = Array.from({ length: 1_500 }, (_, index) => `a${index}=1`).join("; ");
      const { url } = await guestpass.authorizationRequest(application);
      const path = url.slice(guestpass.issuer.length);
      const cookie = [
        cookies,
        `guestpass_known=${"~".repeat(12_000)}`,
        "guestpass_browser.=; ".repeat(700),
        `guestpass_session=${"%".repeat(12_000)}`,
      ];
      for (const each of cookie) await answered("cookies", () => send(port(), path, { headers: { cookie: each } }), [303]);
      const bearer = `Bearer ${"a.".repeat(7_000)}`;
      for (const each of ["/admin/guests", endpoints.userinfo, "/bounces"])
        await answered(each, () => send(port(), each, { headers: { authorization: bearer } }), [400, 401, 404, 405]);
      await answered("languages", () => send(port(), path, { headers: { "accept-language": "de-x;q=0.1,".repeat(1_300) } }), [303]);
      await answered("forwarded", () => send(port(), path, { headers: { "x-forwarded-for": "1.2.3.4, ".repeat(1_500) } }), [303]);
    });
  });

  describe("from a mail provider or a mail server", () => {
    it("is counted before it is parsed, and before it is known who sends it", async () => {
      const ses = (message: string) =>
        JSON.stringify({
          Type: "Notification",
          MessageId: "1",
          TopicArn: "arn:aws:sns:eu-west-1:123456789012:bounces",
          Message: message,
          Timestamp: "2026-01-01T00:00:00Z",
          SignatureVersion: "2",
          Signature: "",
          SigningCertURL: "https://evil.example/",
        });
      for (const [what, body] of Object.entries(worstJson)) {
        const cut = body.slice(0, 500_000);
        for (const provider of ["ses", "mailgun"])
          await answered(`${provider}: ${what}`, () => post(`/bounces/${provider}`, "application/json", cut), [413]);
        const basic = { authorization: `Basic ${btoa("hooks:a-password-of-the-tests")}` };
        await answered(`postmark: ${what}`, () => post("/bounces/postmark", "application/json", cut, basic), [413]);
        const signature = sign("sha256", Buffer.from(`1${cut}`), sendgridKeys.privateKey).toString("base64");
        const signed = { "x-twilio-email-event-webhook-signature": signature, "x-twilio-email-event-webhook-timestamp": "1" };
        await answered(`sendgrid: ${what}`, () => post("/bounces/sendgrid", "application/json", cut, signed), [413]);
        await answered(`sendgrid, not signed: ${what}`, () => post("/bounces/sendgrid", "application/json", cut), [401]);
        await answered(`ses, within: ${what}`, () => post("/bounces/ses", "application/json", ses(cut.slice(0, 200_000))), [401, 413]);
        const secret = { authorization: `Bearer ${fuzzSettings.GUESTPASS_BOUNCE_WEBHOOK_SECRET}` };
        await answered(`webhook: ${what}`, () => post("/bounces", "application/json", body.slice(0, 16_000), secret), [400, 413]);
      }
      await answered("bytes", () => post("/bounces/ses", "application/json", "[".repeat(600_000)), [413]);
    });

    it("as mail that came back is read in bites", async () => {
      await enqueue(guestpass.server.app, "ada@example.com");
      const [mail] = await guestpass.mail.wait("ada@example.com");
      const transport = createTransport({ host: "127.0.0.1", port: guestpass.server.bounceListener?.port ?? 0, ignoreTLS: true });
      const head = "From: mailer-daemon@mx.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n";
      const worst = {
        "endless headers": head + "X: a\r\n".repeat(100_000),
        "one endless header": `${head}X: ${"a ".repeat(400_000)}\r\n\r\n`,
        "many parts": `${head}Content-Type: multipart/report; boundary=b\r\n\r\n${"--b\r\n\r\n\r\n".repeat(60_000)}`,
        "many recipients": `${head}Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${"Action: failed\r\n\r\n".repeat(14_000)}--b--`,
        "addresses upon addresses": `${head}\r\n${"<a@b.example>:\r\n".repeat(30_000)}`,
        "encoded words": `${head}X: ${"=?utf-8?q?=41?= ".repeat(20_000)}\r\n\r\n`,
      };
      for (const [what, raw] of Object.entries(worst)) {
        const { stall } = await longestStall(
          async () =>
            transport.sendMail({ envelope: { from: "", to: mail?.from ?? "" }, raw }).then(
              () => undefined,
              () => undefined,
            ),
          mostStall,
        );
        expect(stall, what).to.be.lessThan(mostStall);
      }
    });
  });

  it("is answered while 100 connections never read what they asked for", async () => {
    const silent = Array.from({ length: 100 }, () => openSocket(port()).socket.pause());
    for (const socket of silent) socket.write("GET /admin/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
    try {
      expect((await send(port(), "/readyz")).status).to.equal(200);
    } finally {
      for (const socket of silent) socket.destroy();
    }
  });
});
