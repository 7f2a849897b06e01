// An invitation shows the fate of its mail: whether it was accepted, and otherwise which server refused it, in its own words.
import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Cli } from "../../support/cli.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { failedFor } from "../../support/notifications.ts";

type Row = Record<string, unknown>;
interface Mail {
  id: string;
  state: string;
  by: string | null;
  words: string | null;
  at: string;
}

const alertsTo = "admin@idp.example";
const policy = "Message refused by local policy";

const answers: Record<string, { code: number; text: string }> = {
  "bob@example.com": { code: 451, text: "4.7.1 Greylisted, come back later" },
  "eve@example.com": { code: 550, text: "5.7.1 <eve@example.com>: relaying denied" },
};

describe("the mail of an invitation", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let other: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALERT_TO: alertsTo });
    ({ admin, files, other } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  const invite = async (email: string, api = files, more: object = {}) =>
    (await api.post("/invitations", { email, ...(api === admin ? { client_id: "files" } : {}), ...more })).body as Row & { id: string };
  const mailOf = async (id: string, api = admin) => (await api.get(`/invitations/${id}`)).body["mail"] as Mail | null;
  const becomes = async (id: string, state: string) => {
    await eventually(`the mail is ${state}`, async () => (await mailOf(id))?.state === state);
    return (await mailOf(id)) as Mail;
  };
  const listed = async (query: string, api = admin) =>
    ((await api.get(`/invitations?${query}`)).body["items"] as Row[]).map(({ id }) => id);
  const bounce = async (mailId: string, to: string, words = policy) => {
    const report = { ...failedFor(to), status: "5.7.1", diagnostic: `smtp; 550 5.7.1 ${words}` };
    await guestpass.server.app.bounces.notified(mailId, [report]);
  };

  it("was accepted, put off, refused or came back: by whom, in whose words and when", async () => {
    const accepted = await invite("ada@example.com");
    const taken = await becomes(accepted.id, "accepted");
    expect(taken.by).to.equal("smtp");
    expect(Date.parse(taken.at)).to.be.closeTo(guestpass.clock.now(), 20_000);

    guestpass.mail.answer = (to) => answers[to];
    const delayed = await invite("bob@example.com");
    expect(await becomes(delayed.id, "delayed")).to.include({ by: "smtp", words: "451 4.7.1 Greylisted, come back later" });

    const refused = await invite("eve@example.com");
    expect(await becomes(refused.id, "refused")).to.include({ by: "smtp", words: "550 5.7.1 <…@example.com>: relaying denied" });

    const bounced = await invite("joe@example.com");
    const { id } = await becomes(bounced.id, "accepted");
    guestpass.clock.advance({ minutes: 3 });
    await bounce(id, "joe@example.com");
    const mail = await becomes(bounced.id, "bounced");
    expect(mail).to.include({ id, by: "mx.example.com" });
    expect(Date.parse(mail.at)).to.be.closeTo(guestpass.clock.now(), 20_000);
    expect(mail.words).to.contain(policy);

    expect(await listed("mail=bounced")).to.deep.equal([bounced.id]);
    expect(await listed("mail=refused&client_id=files")).to.deep.equal([refused.id]);
    expect(await listed("mail=delayed")).to.deep.equal([delayed.id]);
    expect(await listed("mail=expired")).to.deep.equal([]);
    expect(await listed("mail=bounced", other)).to.deep.equal([]);
    expect((await admin.get("/invitations?mail=lost")).status).to.equal(400);
    const found = await admin.post("/invitations/search", { email: "joe@example.com", mail: "bounced" });
    expect((found.body["items"] as Row[]).map((each) => each["mail"])).to.deep.equal([mail]);
    const { invitations } = (await admin.get(`/guests/${bounced["sub"]}`)).body as { invitations: Row[] };
    expect(invitations.map((each) => [each["id"], each["mail"]])).to.deep.equal([[bounced.id, mail]]);
  });

  it("is the last one, also where none of the newer ones could be sent; what became of it makes no new version", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.7.1 relaying denied" });
    const { id } = await invite("ada@example.com", admin);
    const first = await becomes(id, "refused");
    const before = (await admin.get(`/invitations/${id}`)).headers.get("etag");
    guestpass.mail.answer = () => undefined;
    await admin.post(`/invitations/${id}/resend`);
    const second = await becomes(id, "accepted");
    expect(second.id).to.not.equal(first.id);
    expect((await admin.get(`/invitations/${id}`)).headers.get("etag")).to.equal(before);
    await invite("ada@example.com", admin, { send_mail: false });
    expect((await mailOf(id))?.id).to.equal(second.id);
    const silent = await invite("eve@example.com", admin, { send_mail: false });
    expect(await mailOf(silent.id)).to.equal(null);
  });

  it("is sent again by its id, and the invitation says so", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.7.1 relaying denied" });
    const { id } = await invite("ada@example.com");
    const { id: mailId } = await becomes(id, "refused");
    guestpass.mail.answer = () => undefined;
    expect((await admin.post(`/mail/${mailId}/retry`)).status).to.equal(202);
    expect((await becomes(id, "accepted")).id).to.equal(mailId);
  });

  it("tells an application what went wrong, and never whether a guest whom it has not met is suspended", async () => {
    const { sub } = await invite("suspended@example.com", other);
    await admin.post(`/guests/${sub}/suspend`, { reason: "left" });
    const shutOut = await invite("suspended@example.com");
    const welcome = await invite("welcome@example.com");
    await becomes(welcome.id, "accepted");
    expect(await mailOf(shutOut.id)).to.equal(null);
    expect([await mailOf(shutOut.id, files), await mailOf(welcome.id, files)]).to.deep.equal([null, null]);
    expect([shutOut["mail"], welcome["mail"]]).to.deep.equal([null, null]);
    await bounce((await becomes(welcome.id, "accepted")).id, "welcome@example.com");
    expect(await mailOf(welcome.id, files)).to.include({ state: "bounced", by: "mx.example.com" });
    expect(await listed("mail=bounced", files)).to.deep.equal([welcome.id]);
  });

  it("that comes back for a policy is in the lists, marks nobody, and is told of once where there are many", async () => {
    const { app } = guestpass.server;
    const ids: string[] = [];
    for (let index = 0; index < 15; index++) {
      const invitation = await invite(`guest${index}@example.com`);
      const { id } = await becomes(invitation.id, "accepted");
      ids.push(invitation.id);
      await bounce(id, `guest${index}@example.com`);
    }
    expect(await listed("mail=bounced")).to.have.members(ids);
    const { items } = (await admin.get("/mail?state=bounced")).body as { items: Row[] };
    expect(items).to.have.length(15);
    expect(items[0]).to.include({ bounced_by: "mx.example.com" });
    expect(items[0]?.["bounced_reply"]).to.contain(policy);
    expect(await app.mailboxes.countUndeliverable()).to.equal(0);
    const [alert] = await guestpass.mail.wait(alertsTo);
    expect(alert?.parsed.text).to.contain("example.com").and.to.contain(policy).and.to.contain("guestpass mail list --state bounced");
    expect(guestpass.mail.to(alertsTo)).to.have.length(1);
  });

  it("is shown at the command line", async function () {
    this.timeout(300_000);
    const { id, sub } = await invite("ada@example.com");
    await bounce((await becomes(id, "accepted")).id, "ada@example.com");
    const cli = new Cli(guestpass.settings, "invite");
    expect(await cli.ok("show", id)).to.match(
      /Its last mail:\n {2}id +\S+\n {2}state +bounced\n {2}by +mx\.example\.com\n {2}words .*local policy/,
    );
    expect(await cli.ok("list", "--mail", "bounced")).to.match(new RegExp(`${id} +pending +files +ada@example\\.com +bounced`));
    expect(await cli.ok("list", "--mail", "refused")).to.equal("No invitations match.\n");
    expect(await new Cli(guestpass.settings, "guest").ok("show", sub as string)).to.match(
      new RegExp(`${id} +pending +files +bounced +mx\\.example`),
    );
  });
});
