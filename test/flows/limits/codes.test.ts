import { expect } from "chai";
import { AdminApi } from "../../support/admin.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import type { AuthorizationRequest, Guestpass, RegisteredApplication } from "../../support/guestpass.ts";
import { browserAt, mailsSent, network, startLimited, waitOf } from "../../support/limits.ts";
import { wrongCodes } from "../../support/passcodes.ts";

describe("codes are mailed only so often", () => {
  let guestpass: Guestpass;
  let request: AuthorizationRequest;

  beforeEach(async () => {
    guestpass = await startLimited();
    request = await guestpass.authorizationRequest(await guestpass.register("files"));
  });
  afterEach(() => guestpass.stop());

  /** Asks for a code for each address at the same moment. */
  async function askAll(asking: { address: string; ip: string }[]): Promise<Answer[]> {
    const begun = await Promise.all(
      asking.map(async ({ address, ip }) => {
        const browser = browserAt(guestpass, ip);
        return { address, browser, page: await browser.open(request.url) };
      }),
    );
    return Promise.all(begun.map(({ browser, page, address }) => browser.post(page, "/email", { email: address })));
  }

  const statuses = (answers: Answer[]) => ({
    asked: answers.filter(({ status }) => status === 303).length,
    refused: answers.filter(({ status }) => status === 429).length,
  });

  const ask = async (address: string, ip: string) => (await askAll([{ address, ip }]))[0] as Answer;

  it("50 requests for one address at the same moment mail one code, and use up one of the network's", async () => {
    const answers = await askAll(Array.from({ length: 50 }, () => ({ address: "ada@example.com", ip: network(1) })));
    expect(statuses(answers)).to.deep.equal({ asked: 1, refused: 49 });
    expect(await mailsSent(guestpass)).to.equal(1);
    const others = await askAll(Array.from({ length: 29 }, (_, index) => ({ address: `guest${index}@example.com`, ip: network(1) })));
    expect(statuses(others)).to.deep.equal({ asked: 29, refused: 0 });
    expect((await ask("last@example.com", network(1))).status).to.equal(429);
  });

  it("an address gets five in fifteen minutes, 30 seconds apart, and 20 a day", async () => {
    const sent: number[] = [];
    for (let window = 0; window < 5; window++) {
      for (let times = 0; times < 6; times++) {
        await ask("ada@example.com", network(window));
        guestpass.clock.advance({ seconds: 30 });
      }
      sent.push(await mailsSent(guestpass));
      guestpass.clock.advance({ minutes: 12 });
    }
    expect(sent).to.deep.equal([5, 10, 15, 20, 20]);
    expect(waitOf(await ask("ada@example.com", network(9)))).to.be.within(22 * 3600, 23 * 3600);
    guestpass.clock.advance({ hours: 23 });
    expect((await ask("ada@example.com", network(9))).status).to.equal(303);
  });

  it("refused requests do not prolong the wait", async () => {
    expect((await ask("ada@example.com", network(1))).status).to.equal(303);
    for (let times = 0; times < 5; times++) {
      guestpass.clock.advance({ seconds: 5 });
      expect((await ask("ada@example.com", network(1))).status).to.equal(429);
    }
    guestpass.clock.advance({ seconds: 5 });
    expect((await ask("ada@example.com", network(1))).status).to.equal(303);
  });

  it("50 addresses from one network at the same moment are mailed 30 codes, and another network is asked nothing of that", async () => {
    const answers = await askAll(
      Array.from({ length: 50 }, (_, index) => ({ address: `guest${index}@example.com`, ip: network(1, index) })),
    );
    expect(statuses(answers)).to.deep.equal({ asked: 30, refused: 20 });
    expect(await mailsSent(guestpass)).to.equal(30);
    expect((await ask("other@example.com", network(2))).status).to.equal(303);
    guestpass.clock.advance({ minutes: 15 });
    expect((await ask("guest49@example.com", network(1))).status).to.equal(303);
  });

  it("a network of IPv6 is a /64", async () => {
    const ips = Array.from({ length: 31 }, (_, index) => `2001:db8:1:2:${index.toString(16)}::1`);
    const answers = await askAll(ips.map((ip, index) => ({ address: `guest${index}@example.com`, ip })));
    expect(statuses(answers)).to.deep.equal({ asked: 30, refused: 1 });
    expect((await ask("other@example.com", "2001:db8:1:3::1")).status).to.equal(303);
  });

  it("a network is the same whichever port the proxy names with the address, and whichever proxies of the operator pass it on", async () => {
    const written = [
      "[2001:db8:1:2::1]",
      "[2001:db8:1:2::1]:PORT",
      "2001:db8:1:2::1, 127.0.0.1:PORT",
      "[2001:db8:1:2::1]:PORT, [::ffff:127.0.0.1]:PORT",
    ];
    const ips = Array.from({ length: 31 }, (_, index) => (written[index % 4] as string).replaceAll("PORT", String(50_000 + index)));
    const answers = await askAll(ips.map((ip, index) => ({ address: `guest${index}@example.com`, ip })));
    expect(statuses(answers)).to.deep.equal({ asked: 30, refused: 1 });
    expect((await ask("other@example.com", "192.0.2.1:50123, 127.0.0.1:50124")).status).to.equal(303);
  });

  it("a request refused for its address uses up nothing of its network", async () => {
    await ask("ada@example.com", network(1));
    for (let times = 0; times < 40; times++) expect((await ask("ada@example.com", network(1))).status).to.equal(429);
    expect((await ask("grace@example.com", network(1))).status).to.equal(303);
  });

  it("an address is the same however it is written", async () => {
    expect((await ask("Ada@Example.com", network(1))).status).to.equal(303);
    expect((await ask("ada@EXAMPLE.com", network(2))).status).to.equal(429);
    expect((await ask("ada+files@example.com", network(3))).status, "another address").to.equal(303);
  });

  it("addresses and networks are not written down, and nothing of them stays", async () => {
    await ask("ada@example.com", network(1));
    const { db, sweep } = guestpass.server.app;
    const kept = JSON.stringify(await db("limits"));
    expect(kept).to.contain("codes-per-network").and.not.contain("ada").and.not.contain("example.com").and.not.contain("10.0.1");
    await sweep();
    expect((await ask("ada@example.com", network(1))).status, "what still counts stays").to.equal(429);
    guestpass.clock.advance({ days: 1 });
    await sweep();
    expect(await db("limits")).to.deep.equal([]);
  });

  for (const table of ["aliases", "passcodes", "outbox", "audit"])
    it(`a request that the database fails, here at ${table}, uses up nothing: the next one is mailed a code at once`, async () => {
      const { db } = guestpass.server.app;
      const browser = browserAt(guestpass, network(1));
      const page = await browser.open(request.url);
      await db.schema.renameTable(table, `${table}_away`);
      try {
        for (let times = 0; times < 6; times++)
          expect((await browser.post(page, "/email", { email: "ada@example.com" })).status).to.equal(500);
      } finally {
        await db.schema.renameTable(`${table}_away`, table);
      }
      expect((await db("limits").where("uses", ">", 0).andWhereNot("counter", "like", "probe%")).length).to.equal(0);
      expect((await browser.post(page, "/email", { email: "ada@example.com" })).status).to.equal(303);
      expect(await mailsSent(guestpass)).to.equal(1);
    });

  it("one asked for in a sign-in whose tries are spent uses up nothing: no mail is sent", async () => {
    const browser = browserAt(guestpass, network(1));
    const start = await browser.open(request.url);
    const page = await browser.submit(start, "/email", { email: "ada@example.com" });
    const code = await guestpass.mail.code("ada@example.com", 1);
    for (const wrong of wrongCodes(code, 5)) await browser.post(page, "/passcode", { code: wrong });
    guestpass.clock.advance({ seconds: 31 });
    expect((await browser.post(start, "/email", { email: "ada@example.com" })).status).to.equal(303);
    expect(await mailsSent(guestpass)).to.equal(1);
    expect((await ask("ada@example.com", network(1))).status).to.equal(303);
  });

  it("none is mailed while they cannot be counted", async () => {
    const { db } = guestpass.server.app;
    await db.schema.renameTable("limits", "limits_away");
    try {
      expect((await ask("ada@example.com", network(1))).status).to.equal(500);
    } finally {
      await db.schema.renameTable("limits_away", "limits");
    }
    expect(await mailsSent(guestpass)).to.equal(0);
    expect((await ask("ada@example.com", network(1))).status).to.equal(303);
  });
});

describe("codes under a limit that the operator sets lower", () => {
  it("continue the count: those that were mailed before are too many now, and the wait is the whole one", async () => {
    const before = await startLimited({ GUESTPASS_LIMIT_CODES_PER_ADDRESS: "3/1h" });
    const lower = await startLimited({ GUESTPASS_LIMIT_CODES_PER_ADDRESS: "2/1h" }, { on: before });
    try {
      const application = await before.register("files");
      const ask = async (server: Guestpass) =>
        server.askForCode(browserAt(server, network(1)), await server.authorizationRequest(application), "ada@example.com");
      for (let times = 0; times < 2; times++) expect((await ask(before)).status).to.equal(200);
      const refused = await ask(lower);
      expect([refused.status, waitOf(refused) > 3500]).to.deep.equal([429, true]);
      expect((await ask(before)).status, "the other setting").to.equal(200);
    } finally {
      await lower.server.close();
      await before.stop();
    }
  });
});

describe("codes of one application, and all of them together, are limited as configured", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await startLimited({ GUESTPASS_LIMIT_CODES_PER_APPLICATION: "20/15m", GUESTPASS_LIMIT_CODES_TOTAL: "30/15m" });
  });
  after(() => guestpass.stop());

  it("50 addresses from 50 networks at the same moment are mailed as many as the application may, then as all may", async () => {
    const sent: number[] = [];
    for (const clientId of ["files", "photos"]) {
      const request = await guestpass.authorizationRequest(await guestpass.register(clientId));
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          guestpass.askForCode(browserAt(guestpass, network(index)), request, `${clientId}${index}@example.com`),
        ),
      );
      sent.push(await mailsSent(guestpass));
    }
    expect(sent).to.deep.equal([20, 30]);
  });
});

describe("a guest's browser that is known for the address", () => {
  const limits = {
    GUESTPASS_LIMIT_CODES_PER_ADDRESS: "3/1d",
    GUESTPASS_LIMIT_CODES_PER_NETWORK: "5/15m",
    GUESTPASS_LIMIT_CODES_PER_APPLICATION: "20/15m",
    GUESTPASS_LIMIT_CODES_TOTAL: "20/15m",
  };
  let guestpass: Guestpass;
  let request: AuthorizationRequest;

  beforeEach(async () => {
    guestpass = await startLimited(limits);
    request = await guestpass.authorizationRequest(await guestpass.register("files"));
  });
  afterEach(() => guestpass.stop());

  const ask = async (browser: Browser, address: string) => {
    const page = await browser.open(request.url);
    return (await browser.post(page, "/email", { email: address })).status;
  };
  /** Strangers in five networks, the guest's own among them, ask until nobody else gets a code. */
  async function exhaust(): Promise<void> {
    for (let index = 0; index < 24; index++) await ask(browserAt(guestpass, network(1000 + (index % 5))), `stranger${index}@example.net`);
    expect(await ask(browserAt(guestpass, network(7000)), "other@example.com")).to.equal(429);
  }
  const signOut = (browser: Browser) => browser.jar.removeAllCookies();
  async function known(address: string, ip: string): Promise<Browser> {
    const browser = browserAt(guestpass, ip);
    await guestpass.signIn(browser, request, address);
    const kept = (await browser.jar.getCookies(guestpass.issuer)).filter(({ key }) => key === "guestpass_known");
    expect(kept).to.have.length(1);
    await signOut(browser);
    for (const cookie of kept) await browser.jar.setCookie(cookie, guestpass.issuer);
    return browser;
  }

  it("gets a code while strangers have used up all of the application, of its network and in total, from wherever it is", async () => {
    const browser = await known("ada@example.com", network(1));
    browser.headers["x-forwarded-for"] = network(1003);
    await exhaust();
    expect(await ask(browser, "ada@example.com")).to.equal(303);
    expect(await ask(browser, "grace@example.com"), "another address in it").to.equal(429);
    expect(await ask(browserAt(guestpass, network(1)), "ada@example.com"), "another browser in its network").to.equal(429);
  });

  it("gets a code while strangers have used up those of the address for the day", async () => {
    const browser = await known("ada@example.com", network(1));
    for (let times = 0; times < 4; times++) await ask(browserAt(guestpass, network(2 + times)), "ada@example.com");
    expect(await ask(browserAt(guestpass, network(20)), "ada@example.com")).to.equal(429);
    expect(await ask(browser, "ada@example.com")).to.equal(303);
  });

  it("gets as many codes as strangers get for an address, and no more, at the same moment too", async () => {
    const browser = await known("ada@example.com", network(1));
    const before = await mailsSent(guestpass);
    const pages: Answer[] = [];
    for (let times = 0; times < 10; times++) pages.push(await browser.open(request.url));
    const answers = await Promise.all(pages.map((page) => browser.post(page, "/email", { email: "ada@example.com" })));
    expect(answers.filter(({ status }) => status === 303)).to.have.length(3);
    expect((await mailsSent(guestpass)) - before).to.equal(3);
  });

  it("is that of a first-time guest as well, once it has opened the link of the invitation", async () => {
    const admin = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
    const { link } = (await admin.post("/invitations", { email: "first@example.com", client_id: "files", send_mail: false })).body;
    await exhaust();
    const browser = browserAt(guestpass, network(1));
    expect(await ask(browser, "first@example.com")).to.equal(429);
    await browser.request(String(link));
    expect(await ask(browser, "first@example.com")).to.equal(303);
    expect(await ask(browser, "second@example.com")).to.equal(429);
  });

  it("is known for 90 days, and what a clock wrote that was ahead is not believed", async () => {
    const browser = await known("ada@example.com", network(1));
    guestpass.clock.advance({ days: 89 });
    await exhaust();
    expect(await ask(browser, "ada@example.com")).to.equal(303);
    guestpass.clock.advance({ days: 2 });
    await exhaust();
    expect(await ask(browser, "ada@example.com"), "after 91 days").to.equal(429);
    guestpass.clock.advance({ days: -92 });
    await exhaust();
    expect(await ask(browser, "ada@example.com"), "of a day that is to come").to.equal(429);
  });

  it("cannot be made up, nor taken from another address", async () => {
    const browser = await known("ada@example.com", network(1));
    await exhaust();
    const [cookie] = (await browser.jar.getCookies(guestpass.issuer)).filter(({ key }) => key === "guestpass_known");
    const mark = cookie?.value ?? "";
    for (const value of [
      mark.replace(/.$/, (last) => (last === "A" ? "E" : "A")),
      `~${mark}~`.slice(2),
      "a.b",
      "~~~~~~",
      "~".repeat(4000),
      "%00",
    ]) {
      const forger = browserAt(guestpass, network(1), { cookie: `guestpass_known=${value}` });
      expect(await ask(forger, "grace@example.com"), value).to.equal(429);
    }
  });
});

describe("codes that several servers on one database are asked for", () => {
  let application: RegisteredApplication;
  let servers: Guestpass[];

  before(async () => {
    const first = await startLimited({ GUESTPASS_LIMIT_CODES_TOTAL: "21/15m" });
    application = await first.register("files");
    servers = [first, await startLimited({ GUESTPASS_LIMIT_CODES_TOTAL: "21/15m" }, { on: first })];
  });
  after(async () => {
    await servers[1]?.server.close();
    await servers[0]?.stop();
  });

  /** 25 requests to each of the servers, all at the same moment. @returns how many were mailed a code */
  async function race(addressOf: (asking: number) => string): Promise<number> {
    const [first] = servers as [Guestpass];
    const before = await mailsSent(first);
    const begun = await Promise.all(
      servers.flatMap((server, index) =>
        Array.from({ length: 25 }, async (_, times) => {
          const asking = index * 25 + times;
          const browser = browserAt(server, network(asking));
          const page = await browser.open((await server.authorizationRequest(application)).url);
          return { browser, page, address: addressOf(asking) };
        }),
      ),
    );
    await Promise.all(begun.map(({ browser, page, address }) => browser.post(page, "/email", { email: address })));
    return (await mailsSent(first)) - before;
  }

  it("are counted together: one for an address, and as many as there may be in total", async () => {
    expect(await race(() => "ada@example.com")).to.equal(1);
    expect(await race((asking) => `guest${asking}@example.com`)).to.equal(20);
  });
});
