// RFC 8725: algorithms are fixed, `none` is refused, keys come from nowhere but our own key set, and kinds of token stay apart.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { decodeJwt, decodeProtectedHeader, type JWK } from "jose";
import { altered, forgeries } from "../../support/forged-tokens.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, isActive, post, redeem, refresh, signedIn, userinfo } from "../../support/protocol.ts";

describe("a token that is not what it seems", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let session: Awaited<ReturnType<typeof signedIn>>;
  let attacker: Server;
  const fetched: (string | undefined)[] = [];

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
    session = await signedIn(guestpass, application);
    attacker = createServer((request, response) => {
      fetched.push(request.url);
      response.end();
    }).listen(0, "127.0.0.1");
  });
  after(async () => {
    attacker.close();
    await guestpass.stop();
  });

  const signOutWith = (hint: string) => {
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: "https://app.example/signed-out" });
    return session.browser.request(`${guestpass.issuer}${endpoints.endSession}?${query}`);
  };
  const silentWith = async (hint: string, of = application) =>
    session.browser.open((await guestpass.authorizationRequest(of, { prompt: "none", id_token_hint: hint })).url);

  it("is no id_token_hint, in whatever way it was forged", async () => {
    const { keys } = (await (await fetch(guestpass.issuer + endpoints.jwks)).json()) as { keys: JWK[] };
    const publicKey = keys.find(({ alg }) => alg === "RS256") as JWK;
    const forged = await forgeries(decodeJwt(session.idToken), {
      publicKey,
      attacker: `http://127.0.0.1:${(attacker.address() as AddressInfo).port}`,
    });
    const es256 = await forgeries(decodeJwt(session.idToken), { publicKey: keys.find(({ alg }) => alg === "ES256") as JWK, attacker: "" });
    const all = { ...forged, "the other algorithm": es256["another's key under the right kid"] as string };
    for (const [how, hint] of Object.entries(all)) {
      const answer = await signOutWith(hint);
      expect(answer.status, how).to.equal(400);
      expect(answer.headers.get("location"), how).to.equal(null);
      expect((await silentWith(hint)).query["error"], how).to.equal("invalid_request");
    }
    expect(fetched, "keys that were fetched from the attacker").to.deep.equal([]);
    expect((await signOutWith(session.idToken)).title, "the genuine one").to.equal("Sign out?");
    expect((await silentWith(session.idToken)).query).to.have.property("code");
  });

  it("is no id_token_hint with a single claim altered", async () => {
    const changes = {
      sub: { sub: "another" },
      aud: { aud: "other" },
      iss: { iss: "http://evil.example" },
      exp: { exp: 4102444800 },
      nonce: { nonce: "n" },
    };
    await guestpass.register("other");
    for (const [claim, change] of Object.entries(changes)) {
      const hint = altered(session.idToken, change);
      expect((await signOutWith(hint)).status, claim).to.equal(400);
      expect((await silentWith(hint)).query["error"], claim).to.equal("invalid_request");
    }
  });

  it("is no id_token_hint where it was made for another application", async () => {
    const third = await guestpass.register("third");
    expect((await silentWith(session.idToken, third)).query["error"]).to.equal("invalid_request");
    const query = new URLSearchParams({ id_token_hint: session.idToken, client_id: "third" });
    expect((await session.browser.request(`${guestpass.issuer}${endpoints.endSession}?${query}`)).status).to.equal(400);
  });

  it("is no id_token_hint where it is another kind of token", async () => {
    for (const token of [session.accessToken, session.refreshToken, session.code]) {
      expect((await signOutWith(token)).status).to.equal(400);
      expect((await silentWith(token)).query["error"]).to.equal("invalid_request");
    }
  });

  it("is no id_token_hint where it is a logout token, which the same key signs", async () => {
    const { now: provider } = guestpass.server.app.live;
    const client = await provider.Client.find("files");
    const { sub, sid } = decodeJwt(session.idToken);
    const token = new provider.IdToken({ sub, sid } as never, { client } as never) as unknown as {
      set(name: string, value: unknown): void;
      issue(options: object): Promise<string>;
    };
    token.set("sub", sub);
    token.set("events", { "http://schemas.openid.net/event/backchannel-logout": {} });
    const logoutToken = await token.issue({ use: "logout" });
    expect(decodeProtectedHeader(logoutToken).typ).to.equal("logout+jwt");
    expect((await silentWith(logoutToken)).query["error"]).to.equal("invalid_request");
    const answer = await signOutWith(logoutToken);
    expect([answer.status, answer.headers.get("location")]).to.deep.equal([400, null]);
    const posted = await session.browser.request(`${guestpass.issuer}${endpoints.endSession}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ id_token_hint: logoutToken }).toString(),
    });
    expect(posted.status).to.be.oneOf([400, 404]);
  });

  it("opens nothing as an access token where it is another kind", async () => {
    for (const [kind, token] of Object.entries({
      "an ID token": session.idToken,
      "a refresh token": session.refreshToken,
      "a code": session.code,
    })) {
      for (const scheme of ["Bearer", "DPoP", "Basic"])
        expect((await userinfo(guestpass, `${scheme} ${token}`)).status, `${kind} ${scheme}`).to.be.oneOf([400, 401]);
      if (kind !== "a refresh token") expect(await isActive(guestpass, application, token), kind).to.equal(false);
    }
  });

  it("is neither a refresh token nor a code where it is another kind", async () => {
    for (const token of [session.idToken, session.accessToken, session.code]) {
      expect((await refresh(guestpass, application, token)).json["error"]).to.equal("invalid_grant");
    }
    for (const token of [session.idToken, session.accessToken, session.refreshToken]) {
      expect((await redeem(guestpass, application, { ...session, code: token })).json["error"]).to.equal("invalid_grant");
    }
  });

  it("authenticates no application where it is an ID token", async () => {
    const fields = { grant_type: "refresh_token", refresh_token: session.refreshToken };
    const assertion = {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: session.idToken,
    };
    const { status, json } = await post(guestpass, endpoints.token, undefined, { ...fields, ...assertion, client_id: "files" });
    expect(status).to.be.oneOf([400, 401]);
    expect(json).not.to.have.property("access_token");
  });
});
