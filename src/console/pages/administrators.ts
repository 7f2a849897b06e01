// The people who administer Guestpass.
import { roles } from "../../administrators/administrator.ts";
import { html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { badge, choiceField, facts, table, textField } from "../views/parts.ts";
import { csvButton } from "./exports.ts";

interface AdministratorShown {
  id: string;
  email: string;
  name: string | null;
  role: string;
  provider: string | null;
  created_at: string;
  passkeys?: { id: string; label: string; created_at: string; last_used_at: string | null }[];
  sessions?: { id: string; device: string | null; network: string | null; since: string; last_seen: string }[];
  link?: string;
}

const roleChoices: [string, string][] = roles.map((role) => [
  role,
  {
    owner: "owner: everything, administrators too",
    manager: "manager: guests, invitations, sessions",
    helpdesk: "helpdesk: look, resend, end sessions",
    auditor: "auditor: look and export",
  }[role],
]);

export function administratorPages(): ConsolePages {
  const page = (desk: Desk) => `/administrators/${desk.param("id")}`;
  return {
    words: {
      "administrator-added": "Added. The link went out by mail.",
      "role-changed": "The role holds from the next click.",
      "administrator-removed": "Removed, with passkeys and sessions.",
      "link-mailed": "A new link went out by mail; the ones before no longer work.",
      "passkey-removed": "The passkey is removed.",
      "admin-session-ended": "The session has ended.",
    },
    routes: [
      { method: "get", path: "/administrators", needs: ["listAdministrators"], run: (desk) => list(desk) },
      { method: "post", path: "/administrators", needs: ["addAdministrator"], confirmed: true, run: add },
      { method: "get", path: "/administrators/:id", needs: ["readAdministrator"], run: (desk) => show(desk) },
      {
        method: "post",
        path: "/administrators/:id/role",
        needs: ["updateAdministrator"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("updateAdministrator", { params: { id: desk.param("id") }, body: { role: desk.field("role") } });
          desk.go(page(desk), "role-changed");
        },
      },
      {
        method: "post",
        path: "/administrators/:id/link",
        needs: ["makeAdministratorLink"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("makeAdministratorLink", { params: { id: desk.param("id") }, body: { mail: true } });
          desk.go(page(desk), "link-mailed");
        },
      },
      {
        method: "post",
        path: "/administrators/:id/remove",
        needs: ["removeAdministrator"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("removeAdministrator", { params: { id: desk.param("id") } });
          desk.go("/administrators", "administrator-removed");
        },
      },
      {
        method: "post",
        path: "/administrators/:id/passkeys/remove",
        needs: ["removeAdministratorPasskey"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("removeAdministratorPasskey", { params: { id: desk.param("id"), passkey: desk.field("passkey") } });
          desk.go(page(desk), "passkey-removed");
        },
      },
      {
        method: "post",
        path: "/administrators/:id/sessions/end",
        needs: ["endAdministratorSession"],
        run: async (desk) => {
          await desk.call("endAdministratorSession", { params: { id: desk.param("id"), session: desk.field("session") } });
          desk.go(page(desk), "admin-session-ended");
        },
      },
    ],
  };
}

async function list(desk: Desk, typed: Record<string, string> = {}, wrong?: Wrong): Promise<void> {
  const { items } = (await desk.call<{ items: AdministratorShown[] }>("listAdministrators")).body;
  desk.show(
    {
      title: "Administrators",
      lead: "People who use this console. They sign in with a passkey or your own provider, never with an emailed code.",
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${table(
        items,
        [
          {
            name: "Person",
            cell: ({ id, email, name }) =>
              html`${desk.link(`/administrators/${id}`, email)}${name !== null && html`<br><span class="quiet">${name}</span>`}`,
          },
          { name: "Role", cell: ({ role }) => badge(role) },
          { name: "Signs in at", cell: ({ provider }) => provider ?? "here, with a passkey" },
          { name: "Added", cell: ({ created_at: at }) => desk.times.ago(at) },
        ],
        { caption: "Administrators", empty: "None. Add the first one below." },
      )}${csvButton(desk, "administrators")}
${
  desk.allows("addAdministrator") &&
  desk.form(
    "/administrators",
    html`<h2>Add somebody</h2>
${textField("email", "Email", { type: "email", required: true, value: typed["email"], wrong: wrong?.fields["email"], help: "A link goes there that makes a passkey, once, within three days." })}
${textField("name", "Name", { value: typed["name"], wrong: wrong?.fields["name"] })}
${choiceField("role", "Role", roleChoices, { value: typed["role"] ?? "helpdesk", wrong: wrong?.fields["role"] })}
<button class="primary">Add and mail the link</button>`,
    "card",
  )
}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

async function add(desk: Desk): Promise<void> {
  const typed = { email: desk.field("email"), name: desk.field("name"), role: desk.field("role") };
  try {
    await desk.call("addAdministrator", { body: { ...typed, name: typed.name === "" ? null : typed.name, mail: true } });
  } catch (error) {
    return list(desk, typed, wrongOf(error));
  }
  desk.go("/administrators", "administrator-added");
}

async function show(desk: Desk): Promise<void> {
  const { body } = await desk.call<AdministratorShown>("readAdministrator", { params: { id: desk.param("id") } });
  const { id, email, name, role, provider, created_at: at, passkeys = [], sessions = [] } = body;
  const path = `/administrators/${id}`;
  const { times } = desk;
  desk.show({
    title: name ?? email,
    lead: html`${email} ${badge(role)}`,
    body: html`<section><h2>Passkeys</h2>${table(
      passkeys,
      [
        { name: "Name", cell: ({ label }) => label },
        { name: "Made", cell: (each) => times.ago(each.created_at) },
        { name: "Last used", cell: (each) => times.ago(each.last_used_at) ?? "never" },
        {
          name: "",
          acts: true,
          cell: (each) =>
            desk.allows("removeAdministratorPasskey") && desk.button(`${path}/passkeys/remove`, "Remove", { fields: { passkey: each.id } }),
        },
      ],
      { caption: "Passkeys", empty: "None yet: the link that was sent makes the first one." },
    )}${passkeys.length > 0 && csvButton(desk, "administratorPasskeys", { id }, "Passkeys as CSV")}</section>
<section><h2>Signed in</h2>${table(
      sessions,
      [
        { name: "Browser", cell: ({ device }) => device ?? "unknown" },
        { name: "Network", cell: ({ network }) => network },
        { name: "Since", cell: ({ since }) => times.ago(since) },
        { name: "Last seen", cell: ({ last_seen: seen }) => times.ago(seen) },
        {
          name: "",
          acts: true,
          cell: (each) =>
            desk.allows("endAdministratorSession") && desk.button(`${path}/sessions/end`, "End", { fields: { session: each.id } }),
        },
      ],
      { caption: "Sessions", empty: "Signed in nowhere." },
    )}${sessions.length > 0 && csvButton(desk, "administratorSessions", { id }, "Sessions as CSV")}</section>
<section class="card"><h2>Facts</h2>${facts([
      ["Added", times.at(at)],
      ["Signs in at", provider],
    ])}</section>
${
  desk.allows("updateAdministrator") &&
  html`${desk.form(`${path}/role`, html`${choiceField("role", "Role", roleChoices, { value: role })}<button>Change the role</button>`, "card")}
<p>${desk.button(`${path}/link`, "Mail a new link", { kind: "" })} ${desk.button(`${path}/remove`, "Remove", { kind: "danger" })}</p>`
}`,
  });
}
