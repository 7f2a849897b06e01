import { hash } from "node:crypto";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect } from "chai";
import type { Knex } from "knex";
import Koa, { type Context, type Next } from "koa";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import type { Artifact } from "../../src/oidc/artifact-store.ts";
import { Artifacts } from "../../src/oidc/artifacts.ts";
import * as sessions from "../../src/sessions/session-store.ts";
import { createDatabase, type TestDatabase } from "../support/databases.ts";

const now = 1_800_000_000_000;
const files = { sid: "sid of files", grantId: "grant of files" };
const wiki = { sid: "sid of wiki", grantId: "grant of wiki" };
const aContext = (): Context => {
  const request = new IncomingMessage(new Socket());
  return new Koa().createContext(request, new ServerResponse(request)) as Context;
};
type Authorizations = Record<string, { sid: string; grantId: string }>;

describe("a session that two requests change", () => {
  let database: TestDatabase;
  let db: Knex;
  let artifacts: Artifacts;
  /** The sids that applications are told of. */
  let told: string[];

  before(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 4 });
    await migrate(db);
  });
  after(async () => {
    await db.destroy();
    await database.remove();
  });
  beforeEach(async () => {
    await db("oidc_artifacts").delete();
    artifacts = new Artifacts({ db, clock: { now: () => now }, tell: async (_trx, { sid }) => void told.push(sid) });
    told = [];
    await artifacts.put(session({ files }));
    await artifacts.put(grant(files.grantId));
  });

  function session(authorizations: Authorizations, { idHash = "s", ...fields }: Record<string, string> = {}): Artifact {
    const payload = JSON.stringify({ uid: "u", accountId: "ada", loginTs: now / 1000, ...fields, authorizations });
    const rest = { grantHash: null, sessionUid: null, device: null, expiresAt: now + 3_600_000, checkAt: now + 60_000 };
    return { model: "Session", idHash, payload, uid: "u", accountId: "ada", ...rest };
  }

  const grant = (id: string): Artifact => ({
    ...session({}),
    model: "Grant",
    idHash: hash("sha256", id, "base64url"),
    uid: null,
    checkAt: null,
  });

  /** A request that finds the session, then waits for what happens, and saves what it made of it. */
  const request = (happens: () => Promise<unknown>, ...saves: Artifact[]) =>
    artifacts.storeTogether(aContext(), (async () => {
      await artifacts.find("Session", "s");
      await happens();
      for (const artifact of saves) await artifacts.put(artifact);
    }) as Next);
  const stored = async () => (await sessions.listOf(db, "ada", now)).map(({ idHash, authorizations }) => ({ idHash, authorizations }));
  const found = async (artifact: Artifact) => (await artifacts.find(artifact.model, artifact.idHash)) !== undefined;

  /** What an administrator does, in this process or in another one. */
  async function leaveFiles(): Promise<void> {
    const [was] = await sessions.listOf(db, "ada", now);
    if (was) expect([...(await sessions.keepAuthorizations(db, [{ session: was, next: was.checkAt, kept: {} }]))]).to.deep.equal(["s"]);
    await sessions.removeGrants(db, [files.grantId]);
  }

  async function endIt(): Promise<void> {
    for (const was of await sessions.listOf(db, "ada", now)) await sessions.end(db, was, now, now + 3_600_000);
  }

  it("has what both of them added", async () => {
    const mail = { sid: "sid of mail", grantId: "grant of mail" };
    await request(() => request(async () => undefined, session({ files, mail })), session({ files, wiki }));
    expect(await stored()).to.deep.equal([{ idHash: "s", authorizations: { files, mail, wiki } }]);
    const payload = JSON.parse((await artifacts.find("Session", "s"))?.payload ?? "") as object;
    expect(payload).to.include({ uid: "u", accountId: "ada" });
  });

  it("keeps what one changed after the other had read it", async () => {
    await request(() => request(async () => undefined, session({ files }, { state: "signing out" })), session({}, { transient: "yes" }));
    expect(await stored()).to.deep.equal([{ idHash: "s", authorizations: {} }]);
    const payload = JSON.parse((await artifacts.find("Session", "s"))?.payload ?? "") as object;
    expect(payload).to.include({ state: "signing out", transient: "yes" });
  });

  it("does not regain what ended meanwhile, nor the grant of it, and keeps what was begun elsewhere", async () => {
    await request(leaveFiles, session({ files, wiki }), grant(files.grantId), grant(wiki.grantId));
    expect(await stored()).to.deep.equal([{ idHash: "s", authorizations: { wiki } }]);
    expect(await found(grant(files.grantId))).to.equal(false);
    expect(await found(grant(wiki.grantId))).to.equal(true);
  });

  it("nor under the new name that it has after a sign-in", async () => {
    await request(
      async () => {
        await leaveFiles();
        await artifacts.end("Session", "s");
      },
      session({ files, wiki }, { idHash: "new" }),
    );
    expect(await stored()).to.deep.equal([{ idHash: "new", authorizations: { wiki } }]);
    expect(await artifacts.find("Session", "s")).to.equal(undefined);
  });

  it("has one name after a sign-in, and a request that knew it by the old one does not bring that back", async () => {
    await request(async () => {
      await request(() => artifacts.end("Session", "s"), session({ files }, { idHash: "new" }));
    }, session({ files, wiki }));
    expect(await stored()).to.deep.equal([{ idHash: "new", authorizations: { files } }]);
    expect(await artifacts.find("Session", "s")).to.equal(undefined);
  });

  it("stays ended, under any name, and so does what was issued for it", async () => {
    await request(
      async () => {
        await endIt();
        await artifacts.end("Session", "s");
      },
      session({ files, wiki }, { idHash: "new" }),
      grant(wiki.grantId),
    );
    expect(await stored()).to.deep.equal([]);
    expect(await artifacts.find("Session", "new")).to.equal(undefined);
    expect(await artifacts.findByUid("u")).to.equal(undefined);
    expect(await found(grant(wiki.grantId))).to.equal(false);
  });

  it("is gone when the guest signs out, though it has changed since the request came, and who was entered is told", async () => {
    await request(async () => {
      await request(async () => undefined, session({ files, wiki }), grant(wiki.grantId));
      await artifacts.end("Session", "s");
    });
    expect(await stored()).to.deep.equal([]);
    expect(await artifacts.find("Session", "s")).to.equal(undefined);
    expect(told).to.have.members([files.sid, wiki.sid]);
    expect(await found(grant(wiki.grantId))).to.equal(false);
  });

  it("goes on where the guest leaves one application, which alone is told", async () => {
    await artifacts.put(session({ files, wiki }));
    await request(async () => undefined, session({ wiki }));
    expect(await stored()).to.deep.equal([{ idHash: "s", authorizations: { wiki } }]);
    expect(told).to.deep.equal([files.sid]);
  });

  it("tells no application twice when somebody else ended it", async () => {
    await request(leaveFiles, session({ files, wiki }));
    expect(told).to.deep.equal([]);
  });
});
