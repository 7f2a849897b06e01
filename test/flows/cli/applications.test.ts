import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import * as oidc from "openid-client";
import type { NewApplication } from "../../../src/applications/application.ts";
import { Cli } from "../../support/cli.ts";
import { Guestpass, redirectUri } from "../../support/guestpass.ts";

describe("guestpass app", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let app: Cli;

  before(async () => {
    guestpass = await Guestpass.start();
    app = new Cli(guestpass.settings, "app");
  });
  after(() => guestpass.stop());

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
    const added = await app.json("add", "Acme Wiki", "--id", "wiki", "--redirect-uri", redirectUri, "--pkce-optional");
    expect(added).to.include({ client_id: "wiki", issuer: guestpass.issuer, token_endpoint_auth_method: "client_secret_basic" });
    expect(added["client_secret"]).to.match(/^[\w-]{43}$/);
    expect(added["redirect_uris"]).to.deep.equal([redirectUri]);

    const wiki = (await app.json<Record<string, unknown>[]>("list")).find(({ client_id: id }) => id === "wiki");
    expect(wiki).to.include({ name: "Acme Wiki", admission: "invited", first_party: false });
    expect(await app.ok("list")).to.match(/^CLIENT_ID +NAME +ADMISSION +FIRST_PARTY$[\s\S]*^wiki +Acme Wiki +invited +false$/m);

    const shown = await app.ok("show", "wiki");
    expect(shown).to.match(/^pkce_optional +true$/m);
    expect(shown).to.not.contain(added["client_secret"]);

    const unsure = await app.refused("remove", "wiki");
    expect(unsure).to.match(/^Acme Wiki \(wiki\) and its invitations will be removed; .* There is no terminal to ask on: add --yes/);
    expect(await app.ok("remove", "wiki", "--yes")).to.equal("wiki was removed.\n");
    expect(await app.refused("show", "wiki")).to.equal("There is no application with the client id wiki.");
    guestpass.clock.advance({ seconds: 6 });
    const answer = await guestpass.browser().open(`${guestpass.issuer}/auth?client_id=wiki&response_type=code&scope=openid`);
    expect(answer.status).to.equal(400);
  });

  it("add --profile prints the profile, show names it, and what conflicts is refused by name", async () => {
    const keys = ["--jwks-uri", "https://bank.example/jwks", "--redirect-uri", redirectUri];
    expect(await app.ok("add", "Acme Bank", "--id", "bank", "--profile", "fapi2", ...keys)).to.match(/^ {2}profile +fapi2$/m);
    expect(await app.ok("show", "bank")).to.match(/^profile +fapi2$/m);
    const conflicting = await app.refused("add", "Acme Bank", "--profile", "fapi2", "--id-token-alg", "RS256", ...keys);
    expect(conflicting).to.match(/fapi2 needs id_token_signed_response_alg to be ES256, not RS256/);
    const options = ["--email-in-id-token", "--name-from-address"];
    expect(await app.json("add", "Broker", ...options, "--redirect-uri", redirectUri)).to.include({
      profile: null,
      email_in_id_token: true,
      name_from_address: true,
    });
    await app.ok("update", "bank", "--profile", "");
    expect(await app.ok("show", "bank")).not.to.match(/^profile +fapi2$/m);
    await app.ok("remove", "bank", "--yes");
  });

  it("add takes the whole guest policy, update changes what is given, and an empty value takes away", async () => {
    const added = await app.json(
      ...["add", "Policy", "--id", "policy", "--redirect-uri", "https://a.example/callback", "--admission", "domains"],
      ...["--allow-domain", "a.example", "--allow-domain", "*.b.example", "--deny-domain", "c.b.example"],
      ...["--target-origin", "https://a.example", "--reverification-days", "7.5", "--first-party", "--administrator"],
      ...["--initiate-login-uri", "https://a.example/login", "--backchannel-logout-uri", "https://a.example/logout"],
      ...["--logo-uri", "https://a.example/logo.png", "--colour", "#0b57d0", "--support-address", "help@a.example"],
      ...["--resource", "https://api.a.example=files:read files:write"],
    );
    expect(added).to.deep.include({
      admission: "domains",
      allow_domains: ["a.example", "*.b.example"],
      deny_domains: ["c.b.example"],
      target_origins: ["https://a.example"],
      reverification_days: 7.5,
      first_party: true,
      administrator: true,
      initiate_login_uri: "https://a.example/login",
      backchannel_logout_uri: "https://a.example/logout",
      logo_uri: "https://a.example/logo.png",
      colour: "#0b57d0",
      support_address: "help@a.example",
      resources: { "https://api.a.example": "files:read files:write" },
    });
    const changes = ["--name", "New name", "--no-administrator", "--reverification-days", "", "--deny-domain", "", "--support-address", ""];
    expect(await app.ok("update", "policy", ...changes)).to.equal("policy was changed.\n");
    const changed = { name: "New name", administrator: false, reverification_days: null, deny_domains: [], support_address: null };
    expect(await app.json("show", "policy")).to.deep.include({ ...changed, first_party: true, colour: "#0b57d0" });
    expect((await app.run("update", "policy", "--reverification-days", "7")).stderr, "it is stricter").to.match(
      /^Guests of policy will have to prove their mailbox every 7 days\. There is no terminal to ask on/,
    );
    expect(await app.ok("update", "policy", "--reverification-days", "7", "--yes")).to.match(/policy was changed\.\n$/);
    expect(await app.json("show", "policy")).to.include({ reverification_days: 7 });
    expect(await app.ok("update", "policy", "--reverification-days", "40"), "it is looser").to.equal("policy was changed.\n");
    expect(await app.refused("update", "policy", "--reverification-days", "0.01")).to.equal("--reverification-days must be 0.04 or more.");
    expect(await app.refused("update", "nothing", "--name", "New")).to.equal("There is no application with the client id nothing.");
    expect(await app.refused("update", "policy")).to.equal("Give at least one option to change. --help lists them.");
    expect(await app.refused("update", "policy", "--colour", "red")).to.equal("--colour must be a colour such as #0b57d0.");
  });

  it("rotate-secret prints a new secret, and the old one works for the overlap", async () => {
    const { client_secret: old } = await app.json("add", "Rotating", "--id", "rotating", "--redirect-uri", redirectUri);
    const { client_secret: fresh } = await app.json("rotate-secret", "rotating", "--overlap", "1");
    expect(await gets("rotating", old)).to.equal("a token");
    expect(await gets("rotating", fresh)).to.equal("a token");
    expect(await app.refused("rotate-secret", "rotating", "--overlap", "0")).to.match(
      /will stop working at once\. There is no terminal to ask on/,
    );
    expect(await app.ok("rotate-secret", "rotating", "--overlap", "0", "--yes")).to.contain("The old one has stopped working.");
    guestpass.clock.advance({ seconds: 6 });
    expect(await gets("rotating", fresh)).to.equal("401");
  });

  /** What the token endpoint gives for the secret: a token, or its status. */
  async function gets(clientId: string, secret: unknown): Promise<string> {
    const application = (await guestpass.server.app.applications.read(clientId)) as NewApplication;
    const client = await guestpass.client({ ...application, secret: secret as string });
    try {
      await oidc.clientCredentialsGrant(client, { resource: `${guestpass.issuer}/admin`, scope: "guests:read" });
      return "a token";
    } catch (error) {
      return String((error as { status?: number }).status);
    }
  }

  it("says in one line what is wrong", async () => {
    await app.ok("add", "Taken", "--id", "taken", "--redirect-uri", redirectUri);
    const add = (...args: string[]) => app.refused("add", "Acme", ...args);
    expect(await add("--id", "taken", "--redirect-uri", redirectUri)).to.match(
      /^There is already an application with the client id taken\./,
    );
    expect(await add("--redirect-uri", "not a uri")).to.match(/^The application cannot be registered: redirect_uris/);
    expect(await add("--redirect-uri", redirectUri, "--auth", "none", "--pkce-optional")).to.match(/^PKCE can only be optional/);
    expect(await add("--redirect-uri", redirectUri, "--resource", "files:read")).to.match(/^--resource takes an absolute URI/);
    expect(await add("--redirect-uri", redirectUri, "--auth", "private_key_jwt", "--jwks", "/nowhere")).to.match(/^--jwks names \/nowhere/);
    const settings = new URL("../../../package.json", import.meta.url).pathname;
    for (const file of [settings, new URL(import.meta.url).pathname])
      expect(await add("--redirect-uri", redirectUri, "--auth", "private_key_jwt", "--jwks", file)).to.match(
        /^--jwks names \S+, which is not a JWK Set: a JSON object with a list of public keys, \{ "keys": \[\.\.\.\] \}$/,
      );
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
    const added = await app.json(
      "add",
      "Keyed",
      "--id",
      "keyed",
      "--redirect-uri",
      redirectUri,
      "--auth",
      "private_key_jwt",
      "--jwks",
      file,
    );
    expect(added).to.not.have.property("client_secret");
    expect(added["jwks"]).to.deep.equal({ keys: [key] });
    await rm(directory, { recursive: true });
  });
});
