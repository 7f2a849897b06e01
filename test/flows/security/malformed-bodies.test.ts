// OWASP ASVS 16.5: a form is refused where it cannot be read, and whatever is in it gives nothing away.
import { gzipSync } from "node:zlib";
import type { Answer, Browser } from "../../support/browser.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { isRefused } from "../../support/leaks.ts";
import { expectNoFaults, memoryLog } from "../../support/memory-log.ts";
import { endpoints } from "../../support/protocol.ts";
import { send } from "../../support/raw-http.ts";

describe("a malformed form", () => {
  let guestpass: Guestpass;
  let browser: Browser;
  let page: Answer;
  const { log, lines } = memoryLog();

  before(async () => {
    guestpass = await Guestpass.start({}, { log });
    const application = await guestpass.register("files");
    browser = guestpass.browser();
    page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "ada@example.com");
  });
  after(() => guestpass.stop());
  expectNoFaults(lines);

  const port = () => guestpass.server.port;
  const form = { "content-type": "application/x-www-form-urlencoded" };

  it("is refused wherever it is posted", async () => {
    const large = `email=${"a".repeat(70_000)}`;
    const bodies: [what: string, headers: Record<string, string>, body: string | Buffer][] = [
      ["JSON", { "content-type": "application/json" }, '{"__proto__":{"token":1}}'],
      ["no type", {}, "token=a"],
      ["a type that is not valid", { "content-type": "////;;;" }, "token=a"],
      ["another charset", { "content-type": `${form["content-type"]}; charset=klingon` }, "token=a"],
      ["bytes that are no text", form, Buffer.from([0x74, 0x3d, 0xff, 0xfe, 0x00])],
      ["bad percent-encoding", form, "token=%zz&%=%"],
      ["a NUL", form, "token=%00&email=a%00@example.com"],
      ["prototypes", form, "__proto__[token]=a&constructor[prototype][x]=y&token[__proto__]=z"],
      ["depth", form, `token${"[a]".repeat(5000)}=1`],
      ["many fields", form, "a=1&".repeat(10_000)],
      ["more than 64 KiB", form, large],
      ["packed, and no gzip", { ...form, "content-encoding": "gzip" }, "token=a"],
      ["packed in an unknown way", { ...form, "content-encoding": "zip" }, "token=a"],
      ["packed, and large once it is unpacked", { ...form, "content-encoding": "gzip" }, gzipSync(`email=${"a".repeat(10_000_000)}`)],
      ["nothing at all", form, ""],
    ];
    const cookie = await browser.jar.getCookieString(page.url);
    const { pathname } = new URL(page.url);
    const forms = [
      `${pathname}/email`,
      `${pathname}/passcode`,
      "/session/end/confirm",
      endpoints.token,
      endpoints.introspection,
      endpoints.revocation,
      endpoints.pushed,
    ];
    for (const [what, headers, body] of bodies) {
      for (const path of forms)
        isRefused(
          await send(port(), path, { method: "POST", headers: { accept: "text/html", cookie, ...headers }, body }),
          `${path} ${what}`,
        );
    }
    isRefused(
      await send(port(), `${pathname}/email`, {
        method: "POST",
        headers: { cookie, ...form, "transfer-encoding": "chunked" },
        body: large,
      }),
      "chunked",
    );
  });
});
