// The pictures of the README and the guides. They are kept in artifacts/pictures; `cp artifacts/pictures/* docs/images/` renews them.
import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { logoPath } from "../../examples/file-share/pages/logo.ts";
import { addAuthenticator, administratorLink, enrol } from "../support/console.ts";
import { Site, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";

const folder = "artifacts/pictures";
const wide = { viewport: { width: 1100, height: 760 }, deviceScaleFactor: 1 };
mkdirSync(folder, { recursive: true });

describe("the pictures of the documentation", () => {
  let site: Site;
  let console: Page;
  let sub: string;

  before(async () => {
    site = await Site.start({ GUESTPASS_ORGANISATION: "Example Museum" });
    const { app } = site.guestpass.server;
    const look = { colour: "#0a6b4b", logo_uri: site.fileShare.url + logoPath };
    await app.admin("updateApplication", { params: { client_id: site.fileShare.clientId }, body: look });
    sub = await site.guestpass.addGuest("grace@partner.example", { name: "Grace Hopper" });
    await site.guestpass.addGuest("katherine@partner.example", { name: "Katherine Johnson" });
    await site.guestpass.addGuest("mary@supplier.example", { name: "Mary Jackson" });
    await app.admin("addAlias", { params: { sub }, body: { email: "g.hopper@navy.example" } });
    console = await site.page(wide);
    await addAuthenticator(console);
    await enrol(console, await administratorLink(site.guestpass, "olivia@museum.example"));
  });
  after(() => site.stop());

  /** As WebP, which is a third of a PNG: the package carries the pictures. */
  async function keep(page: Page, name: string): Promise<void> {
    const devtools = await page.context().newCDPSession(page);
    const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 70 });
    await devtools.detach();
    await writeFile(`${folder}/${name}.webp`, data, "base64");
  }

  it("an invitation by email, and the page that asks for the code", async () => {
    await site.fileShare.create("Plan.txt", "The plan", "grace@partner.example");
    const mailed = () => site.guestpass.mail.to("grace@partner.example").find(({ parsed }) => parsed.subject?.includes("invites you"));
    await site.guestpass.mail.until(() => mailed() !== undefined);
    const invitation = mailed();
    const mail = await site.page({ viewport: { width: 520, height: 700 } });
    await mail.setContent(String(invitation?.parsed.html));
    await mail.getByText("Plan.txt").first().waitFor();
    const code = await site.page({ viewport: { width: 450, height: 700 } });
    await code.goto(/http\S+\/invitations\/\S+/.exec(invitation?.parsed.text ?? "")?.[0] ?? "");
    const digits = await site.askForCode(code, "grace@partner.example");
    await code.getByText(say("delivery.handed-over")).waitFor();
    const [left, right] = await Promise.all([mail, code].map(async (page) => (await page.screenshot()).toString("base64")));
    const both = await site.page({ viewport: { width: 1130, height: 760 } });
    await both.setContent(`<!doctype html><style>
      body { align-items: center; background: #e8edf5; display: flex; gap: 30px; height: 100vh; justify-content: center; margin: 0 }
      img { background: #fff; border-radius: 12px; box-shadow: 0 4px 24px #0003 } b { color: #0b6b4a; font: 40px sans-serif }
    </style><img src="data:image/png;base64,${left}"><b>→</b><img src="data:image/png;base64,${right}">`);
    await both.locator("img").last().waitFor();
    await keep(both, "guest");
    await submitCode(code, digits);
    await code.waitForURL(`${site.fileShare.url}/**`);
    await code.goto(`${site.guestpass.issuer}/account`);
    await sees(code, say("account.title"));
    await code.setViewportSize(wide.viewport);
    await keep(code, "account");
  });

  it("the console: what needs a person, one guest, and why a guest does not get in", async () => {
    await console.goto(`${site.guestpass.issuer}/console`);
    await console.getByRole("heading", { name: "Overview" }).waitFor();
    await keep(console, "console-overview");
    await console.goto(`${site.guestpass.issuer}/console/guests/${sub}`);
    await console.getByRole("heading", { name: "Grace Hopper" }).waitFor();
    await keep(console, "console-guest");
    await site.guestpass.register("files", { name: "Files", admission: "invited" });
    await console.getByRole("link", { name: "Why can't this guest get in?" }).click();
    await console.getByLabel("Application", { exact: true }).selectOption("files");
    await console.getByRole("button", { name: "Explain" }).click();
    await console.getByRole("heading", { name: "is not invited to Files." }).waitFor();
    await keep(console, "console-why");
  });
});
