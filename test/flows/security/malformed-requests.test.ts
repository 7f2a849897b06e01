// OWASP ASVS 16.5: whatever comes in, what goes out gives nothing away, and nothing fails.
import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { isRefused, leaks } from "../../support/leaks.ts";
import { expectNoFaults, memoryLog } from "../../support/memory-log.ts";
import { endpoints } from "../../support/protocol.ts";
import { send, sendBytes } from "../../support/raw-http.ts";

describe("a malformed request", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let page: Answer;
  const { log, lines } = memoryLog();

  before(async () => {
    guestpass = await Guestpass.start({}, { log });
    application = await guestpass.register("files");
    page = await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), "ada@example.com");
  });
  after(() => guestpass.stop());
  expectNoFaults(lines);

  const port = () => guestpass.server.port;
  const form = { "content-type": "application/x-www-form-urlencoded" };

  it("with an invalid path is refused", async () => {
    const segments = [
      "%",
      "%zz",
      "%E0%A4%A",
      "%00",
      "%0d%0aSet-Cookie:a=b",
      "..%2f..%2fetc%2fpasswd",
      "__proto__",
      "constructor",
      "a".repeat(8000),
      "%F0%9F%92%A9",
      "'--",
      "{{7*7}}",
    ];
    for (const segment of segments) {
      for (const path of [
        `/${segment}`,
        `/interaction/${segment}`,
        `/interaction/${segment}/email`,
        `/auth/${segment}`,
        `/assets/${segment}`,
        `/session/${segment}`,
      ]) {
        for (const accept of ["text/html", "application/json"]) isRefused(await send(port(), path, { headers: { accept } }), path);
      }
    }
    for (const target of ["http://", "//", "/\\", "/..;/", "*", "/?%", "http://[::1"]) isRefused(await send(port(), target), target);
  });

  it("that asks for a sub in an invalid form is refused at the application", async () => {
    for (const sub of ["ada", 1, true, ""]) {
      const request = await guestpass.authorizationRequest(application, { claims: JSON.stringify({ id_token: { sub } }) });
      expect((await guestpass.browser().open(request.url)).query, String(sub)).to.include({ error: "invalid_request" });
    }
  });

  it("with an invalid query is refused", async () => {
    const queries = [
      "%",
      "client_id=%E0%A4%A",
      "client_id=%00",
      "client_id=files%00",
      "client_id[]=files",
      "client_id=files&client_id=files",
      "client_id=__proto__",
      "__proto__[client_id]=files&constructor[prototype][client_id]=files",
      "client_id=files&response_type[]=code",
      "client_id=files&claims={",
      'client_id=files&claims={"userinfo":{"__proto__":1}}',
      "client_id=files&max_age=-1e999",
      "=&&=&",
      "a".repeat(8000),
      Array.from({ length: 1500 }, (_, index) => `p${index}`).join("&"),
      "client_id=' OR 1=1--",
    ];
    for (const query of queries) {
      for (const path of ["/auth", "/session/end", "/session/end/success", endpoints.userinfo]) {
        const answer = await send(port(), `${path}?${query.replaceAll(" ", "%20")}`, { headers: { accept: "text/html" } });
        if (answer.status !== 200 && answer.status !== 303) isRefused(answer, `${path} ${query}`);
        expect(answer.body, `${path} ${query}`).not.to.match(leaks);
      }
    }
  });

  it("with invalid headers is refused or ignored", async () => {
    const odd: Record<string, string>[] = [
      { cookie: "guestpass_session=%00; guestpass_session.sig=%; guestpass_interaction=%E0%A4%A" },
      { cookie: `guestpass_interaction=${"a".repeat(8000)}` },
      { cookie: ";;;=;==; __proto__=1" },
      { authorization: "Bearer" },
      { authorization: `Bearer ${"a".repeat(8000)}` },
      { authorization: "Basic %%%" },
      { authorization: "Basic ////" },
      { authorization: `Basic ${btoa("files%:%zz")}` },
      { authorization: `Basic ${btoa("\0:\0")}` },
      { "accept-language": `${"x;q=9,".repeat(900)}\xff` },
      { accept: ";;;/,," },
      { dpop: "e30.e30.x" },
      { origin: "null", "access-control-request-method": "\xff" },
      { "user-agent": "\xff<script>" },
      { "if-none-match": 'W/"', range: "bytes=-1,9-0", expect: "" },
    ];
    for (const headers of odd) {
      for (const path of [new URL(page.url).pathname, endpoints.userinfo, "/auth", "/session/end"]) {
        const answer = await send(port(), path, { headers: { accept: "text/html", ...headers } });
        expect(answer.status, JSON.stringify(headers)).to.be.lessThan(500);
        expect(answer.body, JSON.stringify(headers)).not.to.match(leaks);
      }
      const token = await send(port(), endpoints.token, {
        method: "POST",
        headers: { ...form, ...headers },
        body: "grant_type=refresh_token&refresh_token=x",
      });
      isRefused(token, JSON.stringify(headers));
    }
  });

  it("with an unexpected method is refused", async () => {
    for (const method of ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "SEARCH", "MKCOL", "LINK", "PURGE"]) {
      for (const path of ["/", "/auth", endpoints.token, new URL(page.url).pathname, "/healthz"]) {
        const answer = await send(port(), path, { method, headers: { "x-secret": "echo" } });
        isRefused(answer, `${method} ${path}`);
        expect(answer.body).not.to.contain("echo");
      }
    }
  });

  it("that is not HTTP is refused before any code of Guestpass sees it", async () => {
    const rest = "Host: localhost\r\nConnection: close\r\n\r\n";
    const bytes: Record<string, string> = {
      "a TLS hello": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      garbage: `${"\0".repeat(100)}\r\n\r\n`,
      "no host": "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
      "an endless target": `GET /${"a".repeat(100_000)} HTTP/1.1\r\n${rest}`,
      "an endless header": `GET / HTTP/1.1\r\nX: ${"a".repeat(100_000)}\r\n${rest}`,
      "thousands of headers": `GET / HTTP/1.1\r\n${"X: a\r\n".repeat(4000)}${rest}`,
      "two lengths": `POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${rest}`,
      "a length and chunks": `POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${rest}0\r\n\r\n`,
      "a folded header": `GET / HTTP/1.1\r\nX: a\r\n b\r\n${rest}`,
      "a space before the colon": `GET / HTTP/1.1\r\nHost : x\r\n${rest}`,
      "a NUL in a header": `GET / HTTP/1.1\r\nX: a\0b\r\n${rest}`,
      "another version": `GET / HTTP/9.9\r\n${rest}`,
      "a tunnel": `CONNECT evil.example:443 HTTP/1.1\r\n${rest}`,
    };
    for (const [what, request] of Object.entries(bytes)) {
      const answer = await sendBytes(port(), request);
      expect(answer, what).to.match(/^(HTTP\/1\.1 4\d\d [\s\S]*)?$/);
      expect(answer, what).not.to.match(leaks);
    }
    expect((await send(port(), "/healthz")).status).to.equal(200);
  });
});
