import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CommandGroup } from "../../support/command-group.ts";
import { Guestpass, redirectUri } from "../../support/guestpass.ts";

describe("guestpass app", function () {
  this.timeout(120_000);
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  const app = new CommandGroup("app", () => guestpass.settings);

  it("add prints what the application needs, and with that a guest signs in to it", async () => {
    const printed = await app.ok("add", "Acme Files", "--redirect-uri", redirectUri, "--admission", "anyone", "--first-party");
    expect(printed).to.contain("Acme Files is registered.");
    const needs = Object.fromEntries([...printed.matchAll(/^ {2}(\w+) +(\S+)$/gm)].map(([, name, value]) => [name, value]));
    expect(needs).to.include({ issuer: guestpass.issuer, discovery: `${guestpass.issuer}/.well-known/openid-configuration` });

    const application = await guestpass.server.app.applications.find(needs["client_id"] as string);
    if (!application) throw new Error("it was not registered");
    const request = await guestpass.authorizationRequest({ ...application, secret: needs["client_secret"] });
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    const [mail] = guestpass.mail.to("ada@example.com");
    expect(mail?.parsed.subject).to.contain("Acme Files");
    expect((await guestpass.redeem(request, answer)).claims()?.aud).to.equal(needs["client_id"]);
  });

  it("add --json, list, show and remove: a script sees what it made, and never the secret again", async () => {
    const added = JSON.parse(await app.ok("add", "Acme Wiki", "--id", "wiki", "--redirect-uri", redirectUri, "--pkce-optional", "--json"));
    expect(added).to.include({ client_id: "wiki", issuer: guestpass.issuer, token_endpoint_auth_method: "client_secret_basic" });
    expect(added.client_secret).to.match(/^[\w-]{43}$/);
    expect(added.redirect_uris).to.deep.equal([redirectUri]);

    const listed = JSON.parse(await app.ok("list", "--json"));
    expect(listed).to.deep.include({ client_id: "wiki", name: "Acme Wiki", admission: "directory", first_party: false });
    expect(await app.ok("list")).to.match(/^CLIENT_ID +NAME +ADMISSION +FIRST_PARTY$[\s\S]*^wiki +Acme Wiki +directory +false$/m);

    const shown = await app.ok("show", "wiki");
    expect(JSON.parse(shown)).to.deep.include({ clientId: "wiki", pkceOptional: true });
    expect(shown).to.not.contain(added.client_secret);

    expect(await app.ok("remove", "wiki")).to.equal("wiki is removed.\n");
    expect(await app.refused("show", "wiki")).to.equal("There is no application with the client id wiki.");
    guestpass.clock.advance({ seconds: 6 });
    const answer = await guestpass.browser().open(`${guestpass.issuer}/auth?client_id=wiki&response_type=code&scope=openid`);
    expect(answer.status).to.equal(400);
  });

  it("says in one line what is wrong", async () => {
    await app.ok("add", "Taken", "--id", "taken", "--redirect-uri", redirectUri);
    const add = (...args: string[]) => app.refused("add", "Acme", ...args);
    expect(await add("--id", "taken", "--redirect-uri", redirectUri)).to.match(
      /^There is an application with the client id taken already\./,
    );
    expect(await add("--redirect-uri", "not a uri")).to.match(/^The application cannot be registered: redirect_uris/);
    expect(await add("--redirect-uri", redirectUri, "--auth", "none", "--pkce-optional")).to.match(/^PKCE can only be optional/);
    expect(await add("--redirect-uri", redirectUri, "--resource", "files:read")).to.match(/^--resource takes an absolute URI/);
    expect(await add("--redirect-uri", redirectUri, "--auth", "private_key_jwt", "--jwks", "/nowhere")).to.match(/^--jwks names \/nowhere/);
    expect(await app.refused("remove", "nobody")).to.equal("There is no application with the client id nobody.");
  });

  it("add takes an application that signs its requests with a key of its own", async () => {
    const directory = await mkdtemp(join(tmpdir(), "guestpass-jwks-"));
    const file = join(directory, "jwks.json");
    const key = {
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    };
    writeFileSync(file, JSON.stringify({ keys: [key] }));
    const args = ["add", "Keyed", "--id", "keyed", "--redirect-uri", redirectUri, "--auth", "private_key_jwt", "--jwks", file, "--json"];
    expect(JSON.parse(await app.ok(...args))).to.not.have.property("client_secret");
    expect(JSON.parse(await app.ok("show", "keyed")).metadata.jwks.keys).to.deep.equal([key]);
    await rm(directory, { recursive: true });
  });
});
