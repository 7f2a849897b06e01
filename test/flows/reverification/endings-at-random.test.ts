import { expect } from "chai";
import { decodeJwt } from "jose";
import { operator } from "../../../src/audit/audit.ts";
import type { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";

const address = "ada@example.com";
const clientIds = ["files", "wiki", "plans"] as const;
type ClientId = (typeof clientIds)[number];

describe("whatever a guest and an administrator do at the same moments", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let applications: Record<ClientId, RegisteredApplication>;
  let invitations: Record<ClientId, string[]>;
  let sub = "";
  /** Of each session at an application, by its sid: how often the application had been told of any when it got an ID token for it. */
  let begun: Map<string, number>;
  const told = () => relying.received.map(({ fields }) => decodeJwt(fields["logout_token"] as string)["sid"] as string);

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
    guestpass.server.app.logouts.run(10);
    guestpass.server.app.sessions.run(10);
    const metadata = { backchannel_logout_uri: relying.url };
    const register = (id: ClientId) => guestpass.register(id, { admission: "invited", policy: { targetOrigins: [appOrigin] }, metadata });
    applications = { files: await register("files"), wiki: await register("wiki"), plans: await register("plans") };
    invitations = { files: [], wiki: [], plans: [] };
    for (const id of clientIds) for (const target of ["first", "second"]) await invite(id, target);
    begun = new Map();
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  async function invite(id: ClientId, target: string): Promise<void> {
    const body = { client_id: id, email: address, target_url: `${appOrigin}/${target}`, send_mail: false };
    invitations[id].push(String((await guestpass.server.app.admin("createInvitation", { body })).body["id"]));
  }

  async function enter(browser: Browser, id: ClientId): Promise<void> {
    const request = await guestpass.authorizationRequest(applications[id]);
    let answer = await browser.open(request.url);
    if (answer.title.startsWith("Sign in")) answer = await guestpass.signIn(browser, request, address);
    const before = relying.received.length;
    const tokens = answer.query["code"] === undefined ? undefined : await guestpass.redeem(request, answer).catch(() => undefined);
    const claims = tokens?.claims();
    if (!claims) return;
    sub = claims.sub;
    begun.set(String(claims["sid"]), before);
  }

  async function leave(browser: Browser, id: ClientId, fields: Record<string, string>): Promise<void> {
    const page = await browser.open(`${guestpass.issuer}/session/end?client_id=${id}`);
    if (page.body.includes("/session/end/confirm")) await browser.submit(page, "/session/end/confirm", fields);
  }

  async function revokeOne(id: ClientId, wave: number): Promise<void> {
    await invite(id, `target-${wave}`);
    await guestpass.server.app.admin("revokeInvitation", { params: { id: invitations[id].shift() ?? "" } });
  }

  for (const seed of [1, 2, 3])
    it(`each session that an application was given is told as over once, and after that (${seed})`, async () => {
      const random = randomNumbers(seed);
      const anyOf = <T>(values: readonly T[]) => values[random(values.length)] as T;
      const browsers = [guestpass.browser(), guestpass.browser()];
      await enter(browsers[0] as Browser, "files");
      for (let wave = 0; wave < 25; wave++) {
        const id = () => anyOf(clientIds);
        const happenings = [
          ...Array.from({ length: 4 }, () => () => enter(anyOf(browsers), id())),
          () => revokeOne(id(), wave),
          () => leave(anyOf(browsers), id(), {}),
          () => leave(anyOf(browsers), id(), { logout: "yes" }),
          async () => void (await guestpass.server.app.sessions.endAllOf(sub, operator)),
        ];
        await Promise.all(Array.from({ length: 4 }, () => anyOf(happenings)()));
      }
      await guestpass.server.app.sessions.endAllOf(sub, operator);
      const waiting = () => guestpass.server.app.db("logouts").where({ state: "queued" });
      await eventually("nothing waits", async () => (await waiting()).length === 0);
      expect(
        told().filter((sid, index, all) => all.indexOf(sid) < index),
        "twice",
      ).to.deep.equal([]);
      expect(
        [...begun].filter(([sid, before]) => told().indexOf(sid) < before),
        "never, or before it began",
      ).to.deep.equal([]);
      expect(begun.size, "it was about something").to.be.greaterThan(10);
    });
});

/** Always the same ones for a seed. @returns a whole number below the one that is given */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}
