import { expect } from "chai";
import { type Role, roles } from "../../../src/administrators/administrator.ts";
import type { ConsoleRoute } from "../../../src/console/desk.ts";
import { consolePages } from "../../../src/console/pages/index.ts";
import { operationsOf } from "../../support/admin-operations.ts";
import { Administrator } from "../../support/console.ts";
import { Guestpass } from "../../support/guestpass.ts";

/** What each role may do, by hand, as scopes of the administration API. */
const scopes: Record<Role, RegExp> = {
  owner: /./,
  manager: /^(guests|invitations|mail):|^(applications|settings|audit):read$/,
  helpdesk: /^(guests|invitations|applications|mail):read$|^sessions:write$|^invitations:resend$/,
  auditor: /:read$/,
};

/** Operations that a narrower scope allows too. */
const narrower: Record<string, string> = {
  endSession: "sessions:write",
  endSessions: "sessions:write",
  resendInvitation: "invitations:resend",
  startJob: "invitations:write",
  cancelJob: "invitations:write",
};

const { routes } = consolePages({ issuer: "http://localhost" });
const title = "Not for your role";

describe("each role in the console", () => {
  let guestpass: Guestpass;
  let scopeOf: Map<string, string>;
  let paths: Record<string, string>;
  const people = {} as Record<Role, Administrator>;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_LIMIT_CONSOLE_REQUESTS_PER_ADMINISTRATOR: "10000/1m" });
    await guestpass.register("files", { admission: "invited" });
    scopeOf = new Map((await operationsOf(guestpass)).map(({ id, scope }) => [id, scope]));
    for (const role of roles) people[role] = await Administrator.enrolled(guestpass, `${role}@acme.example`, role);
    const { body } = await guestpass.server.app.admin("createInvitation", { body: { email: "ada@example.com", client_id: "files" } });
    const { items } = (await guestpass.server.app.admin("listMail")).body as { items: { id: string }[] };
    const administrators = (await guestpass.server.app.admin("listAdministrators")).body["items"] as { id: string; email: string }[];
    const job = await guestpass.server.app.admin("suspendGuests", { body: { filter: {}, reason: "over", preview: true } });
    paths = {
      "/jobs/:id": String(job.body["id"]),
      "/guests/:sub": String(body["sub"]),
      "/invitations/:id": String(body["id"]),
      "/mail/:id": items[0]?.id ?? "",
      "/administrators/:id": administrators.find(({ email }) => email.startsWith("auditor"))?.id ?? "",
      "/applications/:client_id": "files",
    };
  });
  after(() => guestpass.stop());

  const may = (role: Role, { needs }: ConsoleRoute) =>
    needs.every((id) => [scopeOf.get(id) ?? "none", narrower[id] ?? "none"].some((scope) => scope !== "none" && scopes[role].test(scope)));
  /** With what there is in the place of the first parameter of a page; acts are on something that there is not. */
  const pathOf = ({ path, method }: ConsoleRoute) =>
    path.replace(/^(\/\w+\/):(\w+)/, (whole, before) => `${before}${method === "get" ? paths[whole] : "none"}`).replace(/^\/$/, "");

  it("names an operation for every page and act", () => {
    for (const { path, needs } of routes) {
      expect(needs.length, path).to.be.above(0);
      for (const id of needs) expect(scopeOf.has(id), `${path} needs ${id}`).to.equal(true);
    }
  });

  for (const role of roles) {
    it(`opens the pages and does the acts of ${role}, and no other`, async () => {
      const person = people[role];
      const token = (await person.open("/guests")).document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
      const wrong: string[] = [];
      for (const route of routes) {
        const url = `${guestpass.issuer}/console${pathOf(route)}`;
        const post = { method: "POST", body: new URLSearchParams({ token }) };
        const answer = await person.browser.request(url, route.method === "post" ? post : {});
        const refused = answer.status === 403 && answer.title === title;
        if (refused === may(role, route) || answer.status >= 500)
          wrong.push(`${route.method} ${route.path}: ${answer.status} ${answer.title}`);
      }
      expect(wrong).to.deep.equal([]);
    });

    it(`shows ${role} no link and no button that leads to a refusal`, async () => {
      const person = people[role];
      const wrong: string[] = [];
      const routeTo = (method: string, url: string | undefined) => {
        const path = new URL(url ?? "", guestpass.issuer).pathname.replace(/^\/console/, "") || "/";
        const fits = (route: ConsoleRoute) => new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}$`).test(path);
        return routes.find((route) => route.method === method && fits(route));
      };
      for (const page of routes.filter((route) => route.method === "get" && may(role, route))) {
        const { document } = await person.open(pathOf(page));
        const targets = [
          ...document.querySelectorAll("a[href^=/console]").map((link) => routeTo("get", link.getAttribute("href"))),
          ...document.querySelectorAll("form").map((form) => routeTo(form.getAttribute("method") ?? "get", form.getAttribute("action"))),
        ];
        for (const target of targets) if (target && !may(role, target)) wrong.push(`${page.path} leads to ${target.method} ${target.path}`);
      }
      expect([...new Set(wrong)]).to.deep.equal([]);
    });
  }
});
