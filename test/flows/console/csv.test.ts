import { expect } from "chai";
import { parse } from "csv-parse/sync";
import type { Answer } from "../../support/browser.ts";
import { Administrator } from "../../support/console.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";

type Row = Record<string, string>;

describe("the lists of the console as CSV", () => {
  let guestpass: Guestpass;
  let owner: Administrator;

  before(async () => {
    guestpass = await Guestpass.start();
    owner = await Administrator.enrolled(guestpass, "grace@acme.example");
    await guestpass.register("files", { admission: "invited" });
    await guestpass.addGuest("ada@example.com", { name: `Ada, "the countess"` });
    await guestpass.addGuest("mary@example.com", { name: `=HYPERLINK("https://evil.example")` });
    for (const email of ["joan@example.com", "kay@example.org"])
      await guestpass.server.app.admin("createInvitation", { body: { email, client_id: "files" } });
  });
  after(() => guestpass.stop());

  const csvOf = async (path: string, name: string, search?: [string, Record<string, string>]): Promise<Row[]> => {
    const opened = await owner.open(path);
    const page = search ? await owner.browser.submit(opened, search[0], search[1]) : opened;
    const file = await owner.browser.submit(page, `/csv/${name}`);
    expect(file.status, name).to.equal(200);
    expect(file.headers.get("content-type"), name).to.match(/^text\/csv/);
    expect(file.headers.get("content-disposition"), name).to.equal(`attachment; filename="${name}.csv"`);
    return parse(file.body, { columns: true }) as Row[];
  };

  it("hold what the list holds, formulas as text", async () => {
    const guests = await csvOf("/guests", "guests");
    expect(guests.map(({ email }) => email)).to.have.members([
      "ada@example.com",
      "mary@example.com",
      "joan@example.com",
      "kay@example.org",
    ]);
    expect(guests.find(({ email }) => email === "ada@example.com")?.["name"]).to.equal(`Ada, "the countess"`);
    expect(guests.find(({ email }) => email === "mary@example.com")?.["name"]).to.equal(`'=HYPERLINK("https://evil.example")`);
    const invitations = await csvOf("/invitations", "invitations");
    expect(invitations[0]).to.include({ client_id: "files", state: "pending" });
    expect(await csvOf("/applications", "applications")).to.have.length(1);
    expect((await csvOf("/administrators", "administrators"))[0]).to.include({ email: "grace@acme.example", role: "owner" });
    expect((await csvOf("/audit?action=guest.recorded", "audit")).every(({ action }) => action === "guest.recorded")).to.equal(true);
    expect(await csvOf("/mail", "mail")).to.have.length.above(1);
    expect(await csvOf("/keys", "keys")).to.have.length.above(1);
    expect(await csvOf("/applications/logouts", "logouts")).to.deep.equal([]);
    expect(await csvOf("/applications/refusals", "refusals")).to.deep.equal([]);
  });

  it("have the columns that were chosen in the list, which stay in the URL and in this browser", async () => {
    const heads = (page: Answer) => page.document.querySelectorAll("thead th").map((each) => each.text.trim());
    const usual = heads(await owner.open("/guests"));
    expect(usual).to.include.members(["State", "Next proof", "Recorded"]);
    const send = "/guests?choose=yes&state=invited&column=ends&column=external&column=%3Cscript%3E";
    const chosen = await owner.open(send);
    expect(new URL(chosen.url).search).to.equal("?state=invited&columns=ends.external");
    expect(heads(chosen).slice(-2)).to.deep.equal(["Ends", "Their id elsewhere"]);
    const file = await owner.browser.submit(chosen, "/csv/guests");
    expect(file.body.split("\r\n")[0]).to.equal("sub,email,expires_at,external_id");
    // Also where the list is searched, in this browser alone.
    const searched = await owner.browser.submit(await owner.open("/guests"), "/guests", { search: "countess" });
    expect(heads(searched).slice(-2)).to.deep.equal(["Ends", "Their id elsewhere"]);
    const other = await Administrator.enrolled(guestpass, "ida@acme.example");
    expect(heads(await other.open("/guests"))).to.deep.equal(usual);
    expect(heads(await other.open("/guests?columns=nothing.known"))).to.deep.equal(usual);
    expect(heads(await owner.open("/guests?columns=usual"))).to.deep.equal(usual);
    expect(heads(await owner.open("/guests"))).to.deep.equal(usual);
    expect(heads(await owner.open("/invitations?columns=until"))).to.deep.equal(["Guest", "Can be redeemed until"]);
    expect(heads(await owner.open("/mail?columns=route.to"))).to.deep.equal(["Mail", "To", "Route"]);
    await owner.open("/invitations?columns=usual");
    await owner.open("/mail?columns=usual");
  });

  it("hold no more than the filters and the search of the page leave", async () => {
    expect((await csvOf("/guests?state=suspended", "guests")).length).to.equal(0);
    const found = await csvOf("/guests", "guests", ["/guests", { search: "countess", state: "", due: "", undeliverable: "false" }]);
    expect(found.map(({ email }) => email)).to.deep.equal(["ada@example.com"]);
    const invited = await csvOf("/invitations", "invitations", ["/invitations", { email: "kay@example.org" }]);
    expect(invited.map(({ email }) => email)).to.deep.equal(["kay@example.org"]);
    const mailed = await csvOf("/mail", "mail", ["/mail", { email: "joan@example.com" }]);
    expect(mailed.map(({ recipient }) => recipient)).to.deep.equal(["joan@example.com"]);
  });

  it("are on the pages of one guest, mail and administrator too", async () => {
    const { items } = (await guestpass.server.app.admin("searchInvitations", { body: { email: "joan@example.com" } })).body as {
      items: { sub: string; mail: { id: string } }[];
    };
    const { sub, mail } = items[0] as (typeof items)[number];
    expect((await csvOf(`/guests/${sub}`, "addresses")).map(({ address }) => address)).to.deep.equal(["joan@example.com"]);
    expect((await csvOf(`/guests/${sub}`, "invitations")).map(({ email }) => email)).to.deep.equal(["joan@example.com"]);
    expect((await csvOf(`/guests/${sub}/history`, "audit")).every((row) => row["sub"] === sub)).to.equal(true);
    await guestpass.mail.wait("joan@example.com");
    await eventually("the attempt is noted", async () => (await owner.open(`/mail/${mail.id}`)).text.includes("accepted"));
    expect((await csvOf(`/mail/${mail.id}`, "attempts"))[0]).to.include({ attempt: "1", outcome: "accepted" });
    const [grace] = (await guestpass.server.app.admin("listAdministrators")).body["items"] as { id: string }[];
    expect(await csvOf(`/administrators/${grace?.id}`, "administratorPasskeys")).to.have.length(1);
    expect(await csvOf(`/administrators/${grace?.id}`, "administratorSessions")).to.have.length(1);
  });

  it("cover all pages", async () => {
    const rows = Array.from({ length: 520 }, (_, index) => ({ email: `guest${index}@example.net`, client_id: "files" }));
    await guestpass.server.app.admin("createInvitations", { query: { send_mail: "false" }, body: rows });
    const guests = await csvOf("/guests", "guests");
    expect(new Set(guests.map(({ sub }) => sub)).size).to.equal(524);
  });

  it("are for whoever may see the list, and say what is wrong with a filter on a page", async () => {
    const helpdesk = await Administrator.enrolled(guestpass, "help@acme.example", "helpdesk");
    const token = (await helpdesk.open("/guests")).document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const post = (person: Administrator, name: string, fields: Row) =>
      person.browser.request(`${guestpass.issuer}/console/csv/${name}`, { method: "POST", body: new URLSearchParams(fields) });
    expect((await post(helpdesk, "audit", { token })).status).to.equal(403);
    expect((await post(helpdesk, "guests", {})).status).to.equal(403);
    const own = (await owner.open("/guests")).document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const wrong = await post(owner, "guests", { token: own, state: "sleeping" });
    expect(wrong.status).to.equal(400);
    expect(wrong.title).to.equal("That was not done");
  });
});
