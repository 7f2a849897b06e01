import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { readConfig } from "../../../src/configuration/config.ts";
import { Routes } from "../../../src/outbox/routes.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { certificate } from "../../support/certificate.ts";
import { queuedMail } from "../../support/queued-mail.ts";

describe("a route with a server of your own", () => {
  const { key, cert } = certificate();
  let server: SMTPServer;
  let greetedAs: string[];
  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  /** @returns a mail's only attempt by a route to a server that is made so */
  async function tried(options: SMTPServerOptions, route: { ca?: string; ehloName?: string } = {}, login = "") {
    greetedAs = [];
    server = new SMTPServer({
      authOptional: true,
      ...options,
      onData: (stream, { hostNameAppearsAs }, done) => {
        greetedAs.push(String(hostNameAppearsAs));
        stream.resume().once("end", () => done());
      },
    });
    server.on("error", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const smtpUrl = `smtp://${login}localhost:${(server.server.address() as AddressInfo).port}`;
    const routes = new Routes({ clock: testClock, routes: [{ name: "own", smtpUrl, from: "guests@idp.example", ...route }] });
    const made = await routes.deliverBy("own", queuedMail());
    const missing = await routes.missingLogin("own");
    routes.close();
    return { ...made, missing };
  }

  it("is reported as having an untrusted certificate, and what to set; with its authority it gets the mail, under the name that was set", async () => {
    const refused = await tried({ key, cert }).catch((error: Error) => ({ outcome: "", words: error.message }));
    expect(refused).to.include({ outcome: "delayed" });
    expect(refused.words)
      .to.match(/self-signed certificate/)
      .and.to.match(/GUESTPASS_SMTP_CA_FILE/);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await tried({ key, cert }, { ca: cert, ehloName: "guests.example.com" })).to.include({ outcome: "accepted" });
    expect(greetedAs).to.deep.equal(["guests.example.com"]);
  });

  it("is reported as offering no login, although it takes the mail", async () => {
    const { outcome, words, missing } = await tried({ disabledCommands: ["STARTTLS", "AUTH"] }, {}, "mailer:hunter2@");
    expect(outcome).to.equal("accepted");
    for (const said of [words, missing])
      expect(said)
        .to.match(/offers no login \(AUTH\)/)
        .and.to.not.contain("hunter2");
  });

  it("has its certificate checked whatever the URL says", async () => {
    await tried({ disabledCommands: ["STARTTLS"] });
    for (const query of [
      "tls.rejectUnauthorized=false",
      "tls.rejectunauthorized=0",
      "rejectUnauthorized=false",
      "secure=false",
      "host=mail.evil.example",
      "service=gmail",
      "requireTLS=true&debug=true&logger=true",
      "tls.ciphers=NULL",
    ])
      expect(() => readConfig({ GUESTPASS_SMTP_URL: `smtp://127.0.0.1:25?${query}` }), query).to.throw(
        /GUESTPASS_SMTP_URL .*the certificate check cannot be turned off.*GUESTPASS_SMTP_CA_FILE/,
      );
  });
});
