// RFC 9700, 4.11: nobody is led away from the issuer to anywhere that was not registered.
import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, signedIn } from "../../support/protocol.ts";
import { send } from "../../support/raw-http.ts";

const elsewhere = [
  "http://evil.example",
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "javascript:alert(1)",
  "data:text/html,evil",
  "https://app.example@evil.example",
  "https://app.example.evil.example/signed-out",
  "https://app.example/signed-out/../evil",
  "https://app.example/signed-out?next=http://evil.example",
  "https://app.example/signed-out#evil",
  "https://APP.example/signed-out",
];

describe("nobody is redirected elsewhere", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  /** Every address that an answer could take the browser to. */
  const waysOut = (answer: Answer): string[] => {
    const attributes = ["href", "src", "action", "formaction", "content"];
    const inPage = answer.document
      .querySelectorAll("a, link, script, img, form, button, iframe, meta[http-equiv]")
      .flatMap((element) => attributes.map((name) => element.getAttribute(name)));
    const all = [answer.headers.get("location"), answer.headers.get("refresh"), answer.headers.get("link"), ...inPage];
    return all.filter((url) => typeof url === "string").map((url) => new URL(url, answer.url).href);
  };
  const staysHere = (answer: Answer, why: string) => {
    // The application's own address, as it is registered, is the way back from a page that leads nowhere else.
    for (const url of waysOut(answer)) if (url !== `${appOrigin}/`) expect(new URL(url).origin, why).to.equal(guestpass.issuer);
    return answer;
  };

  it("by signing out", async () => {
    const { browser, idToken } = await signedIn(guestpass, application);
    for (const uri of elsewhere) {
      for (const hint of [{}, { client_id: "files" }, { id_token_hint: idToken }, { id_token_hint: idToken, client_id: "files" }]) {
        const query = new URLSearchParams({ ...hint, post_logout_redirect_uri: uri, state: "http://evil.example" });
        const asked = staysHere(await browser.request(`${guestpass.issuer}${endpoints.endSession}?${query}`), uri);
        const registered = "client_id" in hint || "id_token_hint" in hint;
        expect(asked.status, `${uri} ${Object.keys(hint)}`).to.equal(registered ? 400 : 200);
        if (!registered) staysHere(await browser.post(asked, "/session/end/confirm"), uri);
      }
    }
  });

  it("by signing out with nobody signed in", async () => {
    const browser = guestpass.browser();
    for (const uri of elsewhere) {
      const query = new URLSearchParams({ post_logout_redirect_uri: uri });
      const page = staysHere(await browser.request(`${guestpass.issuer}${endpoints.endSession}?${query}`), uri);
      staysHere(await browser.post(page, "/session/end/confirm"), uri);
    }
    const done = await browser.request(
      `${guestpass.issuer}/session/end/success?post_logout_redirect_uri=http://evil.example&client_id=files`,
    );
    staysHere(done, "success");
  });

  it("by a parameter of the sign-in, whatever its name", async () => {
    const names = [
      "login_hint",
      "ui_locales",
      "target_link_uri",
      "target",
      "next",
      "return_to",
      "returnTo",
      "url",
      "continue",
      "iss",
      "display",
    ];
    for (const name of names) {
      for (const value of elsewhere) {
        const browser = guestpass.browser();
        const request = await guestpass.authorizationRequest(application, { [name]: value });
        const started = staysHere(await browser.request(request.url), `${name}=${value}`);
        const page = staysHere(await browser.follow(started), `${name}=${value}`);
        expect(page.document.querySelector("input[name=email]"), `${name}=${value}`).not.to.equal(null);
        staysHere(await browser.request(`${page.url}?${name}=${encodeURIComponent(value)}`), `${name}=${value}`);
      }
    }
  });

  it("by starting again", async () => {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application, {
      state: "//evil.example",
      ui_locales: "//evil.example",
      login_hint: "//evil.example",
    });
    const page = await guestpass.askForCode(browser, request, "ada@example.com");
    for (let tries = 0; tries < 5; tries++) await browser.post(page, "/passcode", { code: "000000" });
    const locked = await browser.open(page.url);
    const again = staysHere(await browser.post(locked, "/start-again"), "start again");
    expect(new URL(again.location).pathname).to.equal("/auth");
    staysHere(await browser.follow(again), "the new sign-in");
  });

  it("by a path that looks like a host", async () => {
    for (const path of [
      "//evil.example",
      "//evil.example/",
      "/\\evil.example/",
      "/%2f%2fevil.example",
      "//evil.example/..",
      "/auth//evil.example",
      "/interaction//evil.example",
      "http://evil.example/",
    ]) {
      const answer = await send(guestpass.server.port, path);
      expect(answer.headers.location, path).to.equal(undefined);
      expect(answer.status, path).to.be.oneOf([400, 404]);
      expect(answer.body, path).not.to.contain("evil");
    }
  });
});
