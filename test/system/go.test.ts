import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Browser } from "../support/browser.ts";
import { RelyingProgram, systemFile } from "../support/relying-program.ts";

describe("go-oidc as a relying party", () => {
  const folder = mkdtempSync(join(tmpdir(), "guestpass-go-"));
  let application: RelyingProgram | undefined;

  before(async function () {
    this.timeout(300_000);
    const program = join(folder, "application");
    // Debian's packages of Go libraries lie in one tree, as before there were modules.
    const environment = { GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOCACHE: join(folder, "cache"), GOFLAGS: "-p=2" };
    execFileSync("/usr/bin/go", ["build", "-o", program, systemFile("go-application.go")], { env: { ...process.env, ...environment } });
    application = await RelyingProgram.start([program], "/callback");
  });
  after(async () => {
    await application?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("signs a guest in with PKCE, verifies the ID token and reads userinfo", async () => {
    const { guestpass, origin } = application as RelyingProgram;
    const sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    const answer = await guestpass.signIn(new Browser(), { url: `${origin}/login` }, "ada@example.com");
    expect(answer.status, answer.text).to.equal(200);
    const { claims, userinfo } = JSON.parse(answer.body);
    expect(claims).to.include({ iss: guestpass.issuer, sub, acr: "urn:guestpass:acr:mailbox" });
    expect(userinfo).to.include({ sub, email: "ada@example.com", email_verified: true, name: "Ada Lovelace" });
  });
});
