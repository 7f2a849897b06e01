import { EventEmitter } from "node:events";
import { expect } from "chai";
import type { Knex } from "knex";
import type { Context, Next } from "koa";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import type { Artifact } from "../../src/oidc/artifact-store.ts";
import { Artifacts } from "../../src/oidc/artifacts.ts";
import { createDatabase, type TestDatabase } from "../support/databases.ts";

const start = 1_800_000_000_000;

function artifact(model: string, idHash: string, fields: Partial<Artifact> = {}): Artifact {
  const none = { grantHash: null, uid: null, sessionUid: null, accountId: null, device: null, checkAt: null };
  return { model, idHash, payload: JSON.stringify({ idHash }), expiresAt: start + 3_600_000, ...none, ...fields };
}

describe("what oidc-provider stores", () => {
  let database: TestDatabase;
  let db: Knex;
  let now = start;
  let artifacts: Artifacts;
  /** What another process on the same database sees. */
  let elsewhere: Artifacts;

  beforeEach(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 4 });
    await migrate(db);
    now = start;
    artifacts = new Artifacts({ db, clock: { now: () => now }, tell: async () => undefined });
    elsewhere = new Artifacts({ db, clock: { now: () => now }, tell: async () => undefined });
  });
  afterEach(async () => {
    await db.destroy();
    await database.remove();
  });

  /** One request that does the work and is then answered. */
  const request = (work: () => Promise<void>) => artifacts.storeTogether({} as Context, work as Next);
  const payloadOf = async (from: Artifacts, model: string, idHash: string) => (await from.find(model, idHash))?.payload;

  it("is stored with the rest of its request, which reads it back before", async () => {
    await request(async () => {
      await artifacts.put(artifact("Grant", "g"));
      await artifacts.put(artifact("Session", "s", { uid: "u" }));
      expect(await payloadOf(artifacts, "Grant", "g")).to.equal('{"idHash":"g"}');
      expect((await artifacts.findByUid("u"))?.payload).to.equal('{"idHash":"s"}');
      expect(await elsewhere.find("Grant", "g")).to.equal(undefined);
    });
    expect(await payloadOf(elsewhere, "Grant", "g")).to.equal('{"idHash":"g"}');
    expect((await elsewhere.findByUid("u"))?.payload).to.equal('{"idHash":"s"}');
  });

  it("is stored in its last state, and though the request failed", async () => {
    const failed = request(async () => {
      await artifacts.put(artifact("Session", "s", { payload: "1" }));
      await artifacts.put(artifact("Session", "s", { payload: "2" }));
      throw new Error("later on");
    });
    expect(await failed.then(() => "went well").catch((error: Error) => error.message)).to.equal("later on");
    expect(await payloadOf(elsewhere, "Session", "s")).to.equal("2");
  });

  it("is not stored where the same request removes it again, by itself or with its grant", async () => {
    await request(async () => {
      await artifacts.put(artifact("Session", "s"));
      await artifacts.put(artifact("AccessToken", "t", { grantHash: "g" }));
      await artifacts.remove("Session", "s");
      await artifacts.removeByGrant("g");
    });
    expect(await artifacts.find("Session", "s")).to.equal(undefined);
    expect(await artifacts.find("AccessToken", "t")).to.equal(undefined);
    expect(await elsewhere.find("AccessToken", "t")).to.equal(undefined);
  });

  it("fails the request where it cannot be stored, and is then not there", async () => {
    const broken = artifact("Session", "s", { payload: null as unknown as string });
    expect(await request(() => artifacts.put(broken)).catch(() => "failed")).to.equal("failed");
    expect(await artifacts.find("Session", "s")).to.equal(undefined);
  });

  it("is stored at once outside of a request, and by what a request left running", async () => {
    await artifacts.put(artifact("Session", "s"));
    let late: () => Promise<void> = async () => undefined;
    await request(async () => {
      const { AsyncResource } = await import("node:async_hooks");
      late = AsyncResource.bind(() => artifacts.put(artifact("Session", "late")));
    });
    await late();
    expect(await payloadOf(elsewhere, "Session", "s")).to.equal('{"idHash":"s"}');
    expect(await payloadOf(elsewhere, "Session", "late")).to.equal('{"idHash":"late"}');
  });

  it("is found until it expires", async () => {
    await artifacts.put(artifact("AuthorizationCode", "c", { expiresAt: start + 2000 }));
    now = start + 1999;
    expect(await artifacts.find("AuthorizationCode", "c")).not.to.equal(undefined);
    now = start + 2000;
    expect(await artifacts.find("AuthorizationCode", "c")).to.equal(undefined);
  });

  it("is consumed once, and says so afterwards", async () => {
    await artifacts.put(artifact("AuthorizationCode", "c"));
    const uses = await Promise.all(Array.from({ length: 10 }, () => artifacts.consume("AuthorizationCode", "c")));
    expect(uses.filter(Boolean)).to.have.length(1);
    expect((await artifacts.find("AuthorizationCode", "c"))?.consumedAt).to.equal(start);
  });

  it("is used in one step with what it is exchanged for, where it is a code: by one of many requests at once, and by none that failed", async () => {
    const tokens = async () => (await db("oidc_artifacts").where({ model: "AccessToken" })).length;
    const redeem = (token: string, isFound: () => Promise<void>, fails = false) => {
      const ctx = { status: 200, oidc: { provider: new EventEmitter() } } as unknown as Context;
      const work = async () => {
        await artifacts.find("AuthorizationCode", "c");
        await isFound();
        expect(await artifacts.consume("AuthorizationCode", "c")).to.equal(true);
        await artifacts.put(artifact("AccessToken", token, { grantHash: "g" }));
        if (fails) ctx.status = 500;
      };
      return artifacts.storeTogether(ctx, work as Next).then(() => ctx.status);
    };
    await artifacts.put(artifact("Grant", "g"));
    await artifacts.put(artifact("AuthorizationCode", "c", { grantHash: "g", accountId: "ada", payload: '{"accountId":"ada"}' }));
    const before = await db("oidc_artifacts").where({ id_hash: "c" }).first();
    expect(await redeem("failed", async () => undefined, true)).to.equal(500);
    expect([await db("oidc_artifacts").where({ id_hash: "c" }).first(), await tokens()]).to.deep.equal([before, 0]);
    let found = 0;
    const all = Promise.withResolvers<void>();
    const isFound = () => {
      if (++found === 5) all.resolve();
      return all.promise;
    };
    const statuses = await Promise.all(Array.from({ length: 5 }, (_, n) => redeem(`token ${n}`, isFound)));
    expect(statuses.toSorted()).to.deep.equal([200, 400, 400, 400, 400]);
    expect([await tokens(), await artifacts.find("Grant", "g"), await artifacts.find("AuthorizationCode", "c")]).to.deep.equal([
      0,
      undefined,
      undefined,
    ]);
  });

  it("is read with the grant and the session that it lives by, and never with ones that are gone", async () => {
    await artifacts.put(artifact("Grant", "g"));
    await artifacts.put(artifact("Session", "s", { uid: "u" }));
    await artifacts.put(artifact("AccessToken", "t", { grantHash: "g", sessionUid: "u" }));
    now = start + 10_000;
    const readToken = async () => {
      await artifacts.find("AccessToken", "t");
      return [await payloadOf(artifacts, "Grant", "g"), (await artifacts.findByUid("u"))?.payload];
    };
    await request(async () => expect(await readToken()).to.deep.equal(['{"idHash":"g"}', '{"idHash":"s"}']) as unknown as Promise<void>);
    await elsewhere.remove("Grant", "g");
    await elsewhere.remove("Session", "s");
    await request(async () => expect(await readToken()).to.deep.equal([undefined, undefined]) as unknown as Promise<void>);
  });

  it("is deleted at once, whichever process removes it", async () => {
    for (const id of ["mine", "theirs"]) await artifacts.put(artifact("Session", id, { uid: id }));
    await artifacts.remove("Session", "mine");
    await elsewhere.remove("Session", "theirs");
    expect(await artifacts.find("Session", "mine")).to.equal(undefined);
    expect(await artifacts.findByUid("mine")).to.equal(undefined);
    expect(await artifacts.find("Session", "theirs")).to.equal(undefined);
    expect(await artifacts.findByUid("theirs")).to.equal(undefined);
  });

  it("goes with its grant at once", async () => {
    await artifacts.put(artifact("AccessToken", "t", { grantHash: "g" }));
    await artifacts.put(artifact("AccessToken", "other", { grantHash: "h" }));
    await artifacts.removeByGrant("g");
    expect(await artifacts.find("AccessToken", "t")).to.equal(undefined);
    expect(await artifacts.find("AccessToken", "other")).not.to.equal(undefined);
  });
});
