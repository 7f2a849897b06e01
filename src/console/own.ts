// What administrators see and change about themselves, whatever their role: passkeys and sessions. These are part of signing in, like the rest of
// the entrance, and not operations of the administration API.
import type { Administrators } from "../administrators/administrators.ts";
import type { Caller } from "../api/caller.ts";
import { html } from "../http/html.ts";
import type { ConsolePages, Desk } from "./desk.ts";
import { passkeyForm } from "./entrance.ts";
import { badge, table, textField } from "./views/parts.ts";

export interface OwnDeps {
  administrators: Administrators;
  actorOf(desk: Desk): Caller["actor"];
}

export function ownPages({ administrators, actorOf }: OwnDeps): ConsolePages {
  return {
    words: {
      "own-passkey-added": "The passkey is made. You get a mail about it.",
      "own-passkey-removed": "The passkey is removed. You get a mail about it.",
      "own-session-ended": "The session has ended.",
    },
    routes: [
      { method: "get", path: "/me", needs: [], run: (desk) => show(desk, administrators) },
      { method: "post", path: "/me/passkeys/new", needs: [], confirmed: true, run: (desk) => creationForm(desk, administrators) },
      {
        method: "post",
        path: "/me/passkeys",
        needs: [],
        run: async (desk) => {
          // The new passkey's answer is in the field of an old passkey's, which the form before asked for.
          if (!administrators.isConfirmed(desk.who)) return desk.go("/me");
          const { id } = desk.who.administrator;
          const label = desk.field("label").slice(0, 100);
          const added = label !== "" && (await administrators.addPasskey(id, credentialOf(desk), label, actorOf(desk)));
          if (!added)
            return creationForm(desk, administrators, label === "" ? "Give it a name." : "That passkey cannot be used. Try again.");
          desk.go("/me", "own-passkey-added");
        },
      },
      {
        method: "post",
        path: "/me/passkeys/remove",
        needs: [],
        confirmed: true,
        run: async (desk) => {
          const { id } = desk.who.administrator;
          const removed = await administrators.removePasskey(id, desk.field("passkey"), actorOf(desk), { keepsLast: true });
          desk.go("/me", removed ? "own-passkey-removed" : undefined);
        },
      },
      {
        method: "post",
        path: "/me/sessions/end",
        needs: [],
        run: async (desk) => {
          await administrators.endSession(desk.who.administrator.id, desk.field("session"), actorOf(desk));
          desk.go("/me", "own-session-ended");
        },
      },
    ],
  };
}

function credentialOf(desk: Desk): unknown {
  try {
    return JSON.parse(desk.field("credential"));
  } catch {
    return undefined;
  }
}

async function show(desk: Desk, administrators: Administrators): Promise<void> {
  const { administrator, session } = desk.who;
  const { id, email, name, role, provider } = administrator;
  const [passkeys, sessions] = await Promise.all([administrators.passkeysOf(id), administrators.sessionsOf(id)]);
  const at = (moment: number | null) => (moment === null ? undefined : desk.times.ago(new Date(moment).toISOString()));
  desk.show({
    title: name ?? email,
    lead: html`${email} ${badge(role)}`,
    body: html`${
      provider === null
        ? html`<section><h2>Your passkeys</h2>
${passkeys.length === 1 && html`<p class="note wait">This is your only passkey. Make another one on a second device or a security key: you can still get in when you lose the first.</p>`}
${table(
  passkeys,
  [
    { name: "Name", cell: ({ label }) => label },
    { name: "Made", cell: ({ createdAt }) => at(createdAt) },
    { name: "Last used", cell: ({ lastUsedAt }) => at(lastUsedAt) ?? "never" },
    {
      name: "",
      acts: true,
      cell: (each) => passkeys.length > 1 && desk.button("/me/passkeys/remove", "Remove", { fields: { passkey: each.id } }),
    },
  ],
  { caption: "Your passkeys", empty: "None." },
)}${desk.button("/me/passkeys/new", "Make another passkey", { kind: "primary" })}</section>`
        : html`<p>You sign in at <code>${provider}</code>.</p>`
    }
<section><h2>Where you are signed in</h2>${table(
      sessions,
      [
        { name: "Browser", cell: (each) => html`${each.device ?? "unknown"} ${each.id === session.id && badge("this one", "good")}` },
        { name: "Network", cell: ({ network }) => network },
        { name: "Last seen", cell: ({ lastSeenAt }) => at(lastSeenAt) },
        {
          name: "",
          acts: true,
          cell: (each) => each.id !== session.id && desk.button("/me/sessions/end", "End", { fields: { session: each.id } }),
        },
      ],
      { caption: "Your sessions", empty: "None." },
    )}</section>`,
  });
}

async function creationForm(desk: Desk, administrators: Administrators, wrong?: string): Promise<void> {
  const options = await administrators.creationOptions(desk.who.administrator.id);
  if (!options) return desk.go("/me");
  desk.show(
    {
      title: "Make another passkey",
      lead: "On this device, on a phone, or on a security key that you plug in.",
      scripts: ["passkey"],
      invalid: wrong !== undefined,
      body: html`${wrong !== undefined && html`<p class="note bad" role="alert">${wrong}</p>`}${passkeyForm(
        `${desk.base}/me/passkeys`,
        options,
        {
          label: "Make the passkey",
          kind: "create",
          fields: html`<input type="hidden" name="token" value="${desk.token}">${textField("label", "Its name", { value: "Security key", help: "Such as: work laptop.", required: true })}`,
        },
      )}<p>${desk.link("/me", "Leave it")}</p>`,
    },
    wrong === undefined ? 200 : 422,
  );
}
