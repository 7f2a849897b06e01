// Relying applications: registering one ends in settings to paste.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { settingsToPaste } from "../views/application-settings.ts";
import { badge, choiceField, facts, pager, several, table, textField } from "../views/parts.ts";
import { lookOf, previewPath } from "./application-preview.ts";
import { csvButton } from "./exports.ts";

interface ApplicationShown {
  passkeys: boolean;
  upstreams: boolean;
  client_id: string;
  name: string;
  admission: string;
  first_party: boolean;
  administrator: boolean;
  profile: string | null;
  allow_domains: string[];
  deny_domains: string[];
  target_origins: string[];
  reverification_days: number | null;
  reminder_days: number | null;
  support_address: string | null;
  colour: string | null;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  token_endpoint_auth_method: string;
  id_token_signed_response_alg: string;
  logo_uri: string | null;
  logo_uri_dark: string | null;
  backchannel_logout_uri: string | null;
  has_secret: boolean;
  previous_secret_until: string | null;
  updated_at: string;
  client_secret?: string;
  warnings?: string[];
}

export function applicationPages({ issuer }: { issuer: string }): ConsolePages {
  const path = (desk: Desk) => `/applications/${encodeURIComponent(desk.param("client_id"))}`;
  const params = (desk: Desk) => ({ client_id: desk.param("client_id") });
  return {
    words: {
      "app-saved": "Saved. It holds at the next sign-in.",
      "app-removed": "The application is removed. Its sessions and tokens end.",
    },
    routes: [
      { method: "get", path: "/applications", needs: ["listApplications"], run: list },
      { method: "get", path: "/applications/new", needs: ["createApplication"], run: (desk) => newForm(desk) },
      { method: "post", path: "/applications/new", needs: ["createApplication"], confirmed: true, run: (desk) => register(desk, issuer) },
      { method: "get", path: "/applications/logouts", needs: ["listLogouts"], run: logouts },
      { method: "get", path: "/applications/refusals", needs: ["listTokenRefusals"], run: refusals },
      { method: "get", path: "/applications/:client_id", needs: ["readApplication"], run: (desk) => show(desk, issuer) },
      {
        method: "post",
        path: "/applications/:client_id",
        needs: ["readApplication", "updateApplication"],
        run: (desk) => save(desk, issuer),
      },
      {
        method: "post",
        path: "/applications/:client_id/preview",
        needs: ["readApplication", "updateApplication", "previewApplication"],
        run: (desk) => previewUnsaved(desk, issuer),
      },
      {
        method: "post",
        path: "/applications/:client_id/secret",
        needs: ["readApplication", "rotateApplicationSecret"],
        confirmed: true,
        run: async (desk) => {
          const { body } = await desk.call<ApplicationShown>("rotateApplicationSecret", {
            params: params(desk),
            body: { overlap_hours: Number(desk.field("overlap_hours") || 0) },
          });
          showSecret(desk, body, issuer);
        },
      },
      {
        method: "post",
        path: "/applications/:client_id/remove",
        needs: ["readApplication", "removeApplication"],
        confirmed: true,
        run: async (desk) => {
          const { body } = await desk.call<ApplicationShown>("readApplication", { params: params(desk) });
          if (desk.field("typed") !== body.client_id) return desk.go(path(desk));
          await desk.call("removeApplication", { params: params(desk) });
          desk.go("/applications", "app-removed");
        },
      },
    ],
  };
}

const admissions: [string, string][] = [
  ["invited", "guests who are invited"],
  ["directory", "every recorded guest"],
  ["domains", "anyone with an address at an allowed domain"],
  ["anyone", "anyone who proves a mailbox"],
];

async function list(desk: Desk): Promise<void> {
  const cursor = desk.query("cursor");
  const { items, next } = (
    await desk.call<{ items: ApplicationShown[]; next: string | null }>("listApplications", {
      query: { limit: 50, ...(cursor === "" ? {} : { cursor }) },
    })
  ).body;
  desk.show({
    title: "Applications",
    lead: html`${desk.link("/applications/logouts", "Sign-outs that did not arrive")} · ${desk.link("/applications/refusals", "Refusals at the token endpoint")}`,
    action:
      desk.allows("createApplication") && html`<a class="button primary" href="${desk.base}/applications/new">Register an application</a>`,
    body: html`${table(
      items,
      [
        {
          name: "Application",
          cell: ({ client_id: id, name }) =>
            html`${desk.link(`/applications/${encodeURIComponent(id)}`, name)}<br><span class="quiet">${id}</span>`,
        },
        { name: "Who can sign in", cell: ({ admission }) => admissions.find(([each]) => each === admission)?.[1] ?? admission },
        { name: "Proof every", cell: ({ reverification_days: days }) => (days === null ? "as in the settings" : `${days} days`) },
        {
          name: "",
          cell: ({ administrator, profile }) =>
            html`${administrator && badge("administrates", "wait")} ${profile !== null && badge(profile)}`,
        },
        { name: "Changed", cell: ({ updated_at: at }) => desk.times.ago(at) },
      ],
      { caption: "Applications", empty: "No application is registered yet. Registering one takes a name and a redirect URI." },
    )}${pager(`${desk.base}/applications`, cursor === "" ? {} : { cursor }, next)}${csvButton(desk, "applications")}`,
  });
}

async function newForm(desk: Desk, typed: Record<string, string> = {}, wrong?: Wrong): Promise<void> {
  const field = (name: string, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: typed[name], wrong: wrong?.fields[name], ...options });
  desk.show(
    {
      title: "Register an application",
      lead: "You can change all of this later.",
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${desk.form(
        "/applications/new",
        html`${field("name", "Name", { required: true, help: "Guests read it on every screen and in every mail." })}
${field("redirect_uris", "Redirect URIs", { rows: 3, required: true, help: "Where guests return after signing in, one a line: https://files.example.com/callback" })}
${field("post_logout_redirect_uris", "Post-logout redirect URIs", { rows: 2, help: "Where guests return after signing out, one a line. Optional." })}
${choiceField(
  "token_endpoint_auth_method",
  "Type",
  [
    ["client_secret_basic", "runs on a server and can keep a secret"],
    ["none", "runs in a browser or on a device and cannot keep one"],
  ],
  { value: typed["token_endpoint_auth_method"] },
)}
${choiceField("admission", "Who can sign in", admissions, { value: typed["admission"] ?? "invited", wrong: wrong?.fields["admission"] })}
${choiceField(
  "first_party",
  "Consent",
  [
    ["true", "the organisation's own application: guests are not asked"],
    ["false", "somebody else's application: guests are asked"],
  ],
  { value: typed["first_party"] },
)}
${field("reverification_days", "Guests prove the mailbox again every … days", { type: "number", help: "Empty: as in the settings. The strictest rule wins." })}
<button class="primary">Register</button>`,
        "card",
      )}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

async function register(desk: Desk, issuer: string): Promise<void> {
  const names = [
    "name",
    "redirect_uris",
    "post_logout_redirect_uris",
    "token_endpoint_auth_method",
    "admission",
    "first_party",
    "reverification_days",
  ];
  const typed = Object.fromEntries(names.map((name) => [name, desk.field(name)])) as Record<string, string>;
  const days = typed["reverification_days"] ?? "";
  try {
    const { body } = await desk.call<ApplicationShown>("createApplication", {
      body: {
        name: typed["name"],
        redirect_uris: several(typed["redirect_uris"] ?? ""),
        post_logout_redirect_uris: several(typed["post_logout_redirect_uris"] ?? ""),
        token_endpoint_auth_method: typed["token_endpoint_auth_method"],
        admission: typed["admission"],
        first_party: typed["first_party"] === "true",
        ...(days === "" ? {} : { reverification_days: Number(days) }),
      },
    });
    showSecret(desk, body, issuer);
  } catch (error) {
    await newForm(desk, typed, wrongOf(error));
  }
}

/** A secret is shown only this once. */
function showSecret(desk: Desk, application: ApplicationShown, issuer: string): void {
  const { client_id: id, client_secret: secret, name, warnings = [] } = application;
  desk.show({
    title: name,
    lead: html`Its client id is <code>${id}</code>.`,
    body: html`${secret !== undefined && html`<p class="note wait">Its secret, shown this once: only a hash of it is kept.</p><pre>${secret}</pre>`}
${warnings.length > 0 && html`<div class="note wait"><ul>${warnings.map((each) => html`<li>${each}</li>`)}</ul></div>`}
${pasteBlocks(application, issuer, secret)}
<p>${desk.allows("beginTrial", "finishTrial") && html`<a class="button primary" href="${desk.base}/applications/${encodeURIComponent(id)}/try">Try a sign-in</a> `}<a class="button" href="${desk.base}/applications/${encodeURIComponent(id)}">To the application</a></p>`,
  });
}

function pasteBlocks(application: ApplicationShown, issuer: string, secret?: string): Html {
  const blocks = settingsToPaste({
    issuer,
    clientId: application.client_id,
    secret: application.has_secret ? (secret ?? "THE_SECRET") : undefined,
    redirectUri: application.redirect_uris[0] ?? "https://app.example.com/callback",
  });
  return html`<section><h2>Settings to paste</h2>${blocks.map(([name, text]) => html`<details><summary>${name}</summary><pre tabindex="0">${text}</pre></details>`)}</section>`;
}

async function show(desk: Desk, issuer: string, typed?: Record<string, string>, wrong?: Wrong): Promise<void> {
  const { body, version } = await desk.call<ApplicationShown>("readApplication", { params: { client_id: desk.param("client_id") } });
  const path = `/applications/${encodeURIComponent(body.client_id)}`;
  const value = (name: keyof ApplicationShown) => {
    const stored = body[name];
    return typed?.[name] ?? (Array.isArray(stored) ? stored.join("\n") : String(stored ?? ""));
  };
  const field = (name: keyof ApplicationShown, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: value(name), wrong: wrong?.fields[name], ...options });
  desk.show(
    {
      title: body.name,
      lead: html`<code>${body.client_id}</code>`,
      invalid: wrong !== undefined,
      action: html`<span class="actions">${desk.allows("previewApplication") && html`<a class="button" href="${desk.base}${path}/preview">See it as a guest</a>`}
${desk.allows("beginTrial", "finishTrial") && html`<a class="button" href="${desk.base}${path}/try">Try a sign-in</a>`}
${desk.allows("createInvitation") && html`<a class="button" href="${desk.base}/invitations/new?client_id=${encodeURIComponent(body.client_id)}">Invite to it</a>`}</span>`,
      body: html`${wrongNote(wrong)}<section class="card"><h2>Facts</h2>${facts([
        ["Authenticates with", body.token_endpoint_auth_method],
        ["ID tokens are signed with", body.id_token_signed_response_alg],
        ["Profile", body.profile],
        ["Administration API", body.administrator && "may use all of it"],
        ["Back-channel logouts go to", body.backchannel_logout_uri ?? "nobody"],
        ["The previous secret works until", desk.times.at(body.previous_secret_until)],
        ["Changed", desk.times.at(body.updated_at)],
      ])}</section>
${
  desk.allows("updateApplication") &&
  desk.form(
    path,
    html`<h2>Settings</h2><input type="hidden" name="version" value="${typed?.["version"] ?? version}">
${field("name", "Name", { required: true })}
${choiceField("admission", "Who can sign in", admissions, { value: value("admission"), wrong: wrong?.fields["admission"] })}
${field("reverification_days", "Guests prove the mailbox again every … days", { type: "number", help: "Empty: as in the settings. The strictest rule wins." })}
${field("reminder_days", "Guests are reminded … days before", { type: "number" })}
${choiceField(
  "passkeys",
  "Passkeys",
  [
    ["true", "Guests may sign in with one between two codes"],
    ["false", "Guests sign in with a code alone"],
  ],
  {
    value: value("passkeys"),
    wrong: wrong?.fields["passkeys"],
    help: "Where passkeys are switched on at all (GUESTPASS_PASSKEYS). A passkey proves no mailbox.",
  },
)}
${choiceField(
  "upstreams",
  "Providers",
  [
    ["true", "Guests may sign in at the provider of their domain"],
    ["false", "No provider is offered"],
  ],
  { value: value("upstreams"), wrong: wrong?.fields["upstreams"], help: "Those under Providers. A code is always offered beside them." },
)}
${field("redirect_uris", "Redirect URIs", { rows: 3 })}${field("post_logout_redirect_uris", "Post-logout redirect URIs", { rows: 2 })}
${field("target_origins", "Origins that invitations may link to", { rows: 2 })}
${field("allow_domains", "Allowed domains", { rows: 2 })}${field("deny_domains", "Blocked domains", { rows: 2 })}
${field("support_address", "Support address", { type: "email", help: "Shown to guests who need help." })}${field("colour", "Colour", { help: "Such as #0b57d0" })}${field("logo_uri", "Address of the logo", { type: "url" })}${field("logo_uri_dark", "Address of the logo for dark screens", { type: "url" })}
${field("backchannel_logout_uri", "Back-channel logout URI", { type: "url" })}
<button class="primary">Save</button> <button formaction="${desk.base}${path}/preview">Preview before saving</button>`,
    "card",
  )
}
${pasteBlocks(body, issuer)}
${
  desk.allows("rotateApplicationSecret") &&
  body.has_secret &&
  desk.form(
    `${path}/secret`,
    html`<h2>New secret</h2>${textField("overlap_hours", "The current secret keeps working for … hours", { type: "number", value: "24" })}<button>Make a new secret</button>`,
    "card",
  )
}
${
  desk.allows("removeApplication") &&
  desk.form(
    `${path}/remove`,
    html`<h2>Remove it</h2><p>Its sessions, tokens and invitations end. It cannot be undone.</p>${textField("typed", `Type ${body.client_id} to confirm`, { required: true })}<button class="danger">Remove the application</button>`,
    "card",
  )
}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

const listed = ["redirect_uris", "post_logout_redirect_uris", "target_origins", "allow_domains", "deny_domains"];
const optional = ["support_address", "colour", "logo_uri", "logo_uri_dark", "backchannel_logout_uri"];
const numbers = ["reverification_days", "reminder_days"];
const ways = ["passkeys", "upstreams"];

function typedIn(desk: Desk): Record<string, string> {
  return Object.fromEntries(
    ["name", "admission", ...ways, "version", ...listed, ...optional, ...numbers].map((name) => [name, desk.field(name)]),
  );
}

/** Values that cannot be saved are not shown either. */
async function previewUnsaved(desk: Desk, issuer: string): Promise<void> {
  const typed = typedIn(desk);
  const clientId = desk.param("client_id");
  try {
    await desk.call("previewApplication", { params: { client_id: clientId }, body: { changes: lookOf(typed) } });
  } catch (error) {
    return show(desk, issuer, typed, wrongOf(error));
  }
  desk.go(previewPath(clientId, typed));
}

async function save(desk: Desk, issuer: string): Promise<void> {
  const typed = typedIn(desk);
  const text = (name: string) => typed[name] ?? "";
  const body = {
    name: text("name"),
    admission: text("admission"),
    ...Object.fromEntries(ways.flatMap((name) => (text(name) === "" ? [] : [[name, text(name) === "true"]]))),
    ...Object.fromEntries(listed.map((name) => [name, several(text(name))])),
    ...Object.fromEntries(optional.map((name) => [name, text(name) === "" ? null : text(name)])),
    ...Object.fromEntries(numbers.map((name) => [name, text(name) === "" ? null : Number(text(name))])),
  };
  const version = Number(text("version"));
  try {
    await desk.call("updateApplication", {
      params: { client_id: desk.param("client_id") },
      body,
      ...(version > 0 ? { ifMatch: version } : {}),
    });
  } catch (error) {
    return show(desk, issuer, typed, wrongOf(error));
  }
  desk.go(`/applications/${encodeURIComponent(desk.param("client_id"))}`, "app-saved");
}

interface LogoutShown {
  client_id: string;
  state: string;
  attempts: number;
  reason: string | null;
  created_at: string;
}

async function logouts(desk: Desk): Promise<void> {
  const given = desk.queries("state", "client_id", "cursor");
  const { items, next } = (
    await desk.call<{ items: LogoutShown[]; next: string | null }>("listLogouts", { query: { limit: 50, ...given } })
  ).body;
  desk.show({
    title: "Sign-outs that did not arrive",
    lead: "Back-channel logouts that an application has not taken yet, or that were given up.",
    body: html`${table(
      items,
      [
        { name: "Application", cell: ({ client_id: id }) => desk.link(`/applications/${encodeURIComponent(id)}`, id) },
        { name: "State", cell: ({ state }) => badge(state, state === "given-up" ? "bad" : "wait") },
        { name: "Tries", number: true, cell: ({ attempts }) => attempts },
        { name: "Why", cell: ({ reason }) => reason },
        { name: "Since", cell: (each) => desk.times.ago(each.created_at) },
      ],
      { caption: "Sign-outs", empty: "None: every application took what it was told." },
    )}${pager(`${desk.base}/applications/logouts`, given as Record<string, string>, next)}${csvButton(desk, "logouts", given)}`,
  });
}

interface RefusalShown {
  client_id: string | null;
  reason: string;
  times: number;
  last_at: string;
}

async function refusals(desk: Desk): Promise<void> {
  const given = desk.queries("client_id", "cursor");
  const { items, next } = (
    await desk.call<{ items: RefusalShown[]; next: string | null }>("listTokenRefusals", { query: { limit: 50, ...given } })
  ).body;
  desk.show({
    title: "Refusals at the token endpoint",
    lead: "Why an application got no token: look here before its log.",
    body: html`${table(
      items,
      [
        {
          name: "Application",
          cell: ({ client_id: id }) => (id === null ? "none that is registered" : desk.link(`/applications/${encodeURIComponent(id)}`, id)),
        },
        { name: "Reason", cell: ({ reason }) => reason },
        { name: "Times", number: true, cell: ({ times }) => times },
        { name: "Last", cell: ({ last_at: at }) => desk.times.ago(at) },
      ],
      { caption: "Refusals", empty: "No request was refused in the last days." },
    )}${pager(`${desk.base}/applications/refusals`, given as Record<string, string>, next)}${csvButton(desk, "refusals", given)}`,
  });
}
