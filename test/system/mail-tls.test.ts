// Routes of mail with TLS, by a certificate that Debian's openssl makes.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { type RouteSettings, Routes } from "../../src/outbox/routes.ts";
import { testClock } from "../../src/testing/clock.ts";
import { certificate } from "../support/certificate.ts";
import { queuedMail } from "../support/queued-mail.ts";

describe("a route of mail", () => {
  let key: string;
  let cert: string;
  let server: SMTPServer | undefined;
  /** How each mail came, and with which password. */
  let taken: string[];

  before(() => {
    ({ key, cert } = certificate());
  });
  beforeEach(() => {
    taken = [];
  });
  afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

  /** @returns what became of one mail, and how the server got it */
  async function told(scheme: "smtp" | "smtps", tls: RouteSettings["tls"], options: SMTPServerOptions, trusted: boolean) {
    const started = new SMTPServer({
      key,
      cert,
      closeTimeout: 100,
      disableReverseLookup: true,
      allowInsecureAuth: true,
      onAuth: ({ password }, { secure }, done) => {
        taken.push(`${secure ? "TLS" : "clear"} ${password}`);
        done(null, { user: "mailer" });
      },
      onData: (stream, { secure }, done) => {
        taken.push(`${secure ? "TLS" : "clear"} mail`);
        stream.resume().once("end", () => done());
      },
      ...options,
    });
    server = started;
    started.on("error", () => undefined);
    await once(started.listen(0, "127.0.0.1"), "listening");
    const { port } = started.server.address() as AddressInfo;
    const smtpUrl = `${scheme}://mailer:hunter2@localhost:${port}${trusted ? `?tls.ca=${encodeURIComponent(cert)}` : ""}`;
    const routes = new Routes({ clock: testClock, routes: [{ name: "only", smtpUrl, from: "guests@idp.example", tls }] });
    const { tries } = await routes.deliver(queuedMail());
    routes.close();
    return { outcomes: tries.map(({ outcome }) => outcome), taken };
  }

  const inTls = { outcomes: ["accepted"], taken: ["TLS hunter2", "TLS mail"] };
  const inClear = { outcomes: ["accepted"], taken: ["clear hunter2", "clear mail"] };
  const notAtAll = { outcomes: ["delayed"], taken: [] };
  const withoutTls = { disabledCommands: ["STARTTLS"] };

  for (const [what, scheme, tls, options, trusted, becomes] of [
    ["that requires TLS gives mail and password to a server that has it", "smtp", "required", {}, true, inTls],
    ["that requires TLS gives nothing to a server that offers none", "smtp", "required", withoutTls, true, notAtAll],
    ["that requires TLS gives nothing to a server that nobody vouches for", "smtp", "required", {}, false, notAtAll],
    ["takes TLS where it is offered, unless it was told otherwise", "smtp", undefined, {}, true, inTls],
    ["does without where it is not offered", "smtp", "opportunistic", withoutTls, true, inClear],
    ["does not fall back to clear text where nobody vouches for the server", "smtp", "opportunistic", {}, false, notAtAll],
    ["that has no TLS takes none that is offered", "smtp", "none", {}, false, inClear],
    ["of smtps has TLS from the first byte", "smtps", undefined, { secure: true }, true, inTls],
    ["of smtps gives nothing to a server that nobody vouches for", "smtps", undefined, { secure: true }, false, notAtAll],
  ] as const)
    it(what, async () => {
      expect(await told(scheme, tls, options, trusted)).to.deep.equal(becomes);
    });
});
