import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import type { AuthorizationRequest, Guestpass, RegisteredApplication } from "../../support/guestpass.ts";
import { browserAt, mailsSent, network, startLimited, waitOf } from "../../support/limits.ts";

describe("codes are mailed so often and no more", () => {
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

  it("what is refused for its address uses up nothing of its network", async () => {
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
  it("are counted on: those that were mailed before are too many now, and the wait is the whole one", async () => {
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
