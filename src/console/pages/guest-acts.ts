// Actions on one guest.
import { html } from "../../http/html.ts";
import { type ConsolePages, type Desk, wrongNote, wrongOf } from "../desk.ts";
import { textField } from "../views/parts.ts";
import { edit } from "./guest.ts";
import type { GuestShown } from "./guests.ts";

export function guestActs(): ConsolePages {
  const here = (desk: Desk, tab = "") => `/guests/${desk.param("sub")}${tab}`;
  /** An operation on the guest of the path, then back to the page. */
  const act =
    (id: string, done: string, { tab = "", body }: { tab?: string; body?(desk: Desk): object } = {}) =>
    async (desk: Desk): Promise<void> => {
      await desk.call(id, { params: { sub: desk.param("sub") }, ...(body ? { body: body(desk) } : {}) });
      desk.go(here(desk, tab), done);
    };
  const email = (desk: Desk) => ({ email: desk.field("email") });

  return {
    words: {
      suspended: "Suspended. Sessions and tokens stop working at their next use.",
      resumed: "The guest may sign in again.",
      "signed-out": "Signed out everywhere. The applications are told.",
      ended: "The session has ended.",
      "passkey-removed": "The passkey is removed. The mailbox is told.",
      "account-removed": "The account is removed.",
      "alias-added": "The address is added. The guest's other addresses are told.",
      "alias-removed": "The address is removed.",
      primary: "This is the primary address now: applications get it as the guest's email.",
      saved: "Saved.",
      merged: "Merged. The other guest's identifier answers with this one.",
      erased: "The guest is erased.",
      "erasure-declined": "Declined. The guest's own page shows the reason.",
    },
    routes: [
      { method: "get", path: "/guests/:sub/suspend", needs: ["readGuest", "suspendGuest"], run: (desk) => suspendForm(desk) },
      {
        method: "post",
        path: "/guests/:sub/suspend",
        needs: ["readGuest", "suspendGuest"],
        confirmed: true,
        run: async (desk) => {
          if (desk.field("reason") === "") return suspendForm(desk, "Say why: the guest's page and the history show it.");
          await act("suspendGuest", "suspended", { body: () => ({ reason: desk.field("reason") }) })(desk);
        },
      },
      { method: "post", path: "/guests/:sub/resume", needs: ["resumeGuest"], run: act("resumeGuest", "resumed") },
      {
        method: "post",
        path: "/guests/:sub/sign-out",
        needs: ["endSessions"],
        run: act("endSessions", "signed-out", { tab: "/sessions" }),
      },
      {
        method: "post",
        path: "/guests/:sub/sessions/end",
        needs: ["endSession"],
        run: async (desk) => {
          await desk.call("endSession", { params: { sub: desk.param("sub"), id: desk.field("id") } });
          desk.go(here(desk, "/sessions"), "ended");
        },
      },
      {
        method: "post",
        path: "/guests/:sub/passkeys/remove",
        needs: ["removePasskey"],
        run: async (desk) => {
          await desk.call("removePasskey", { params: { sub: desk.param("sub"), id: desk.field("id") } });
          desk.go(here(desk, "/sessions"), "passkey-removed");
        },
      },
      {
        method: "post",
        path: "/guests/:sub/upstream-accounts/remove",
        needs: ["removeUpstreamAccount"],
        run: async (desk) => {
          await desk.call("removeUpstreamAccount", { params: { sub: desk.param("sub"), id: desk.field("id") } });
          desk.go(here(desk, "/sessions"), "account-removed");
        },
      },
      { method: "post", path: "/guests/:sub/aliases", needs: ["addAlias"], run: act("addAlias", "alias-added", { body: email }) },
      {
        method: "post",
        path: "/guests/:sub/aliases/primary",
        needs: ["makeAliasPrimary"],
        run: act("makeAliasPrimary", "primary", { body: email }),
      },
      {
        method: "post",
        path: "/guests/:sub/aliases/remove",
        needs: ["removeAlias"],
        confirmed: true,
        run: act("removeAlias", "alias-removed", { body: email }),
      },
      { method: "post", path: "/guests/:sub/edit", needs: ["readGuest", "updateGuest"], run: save },
      { method: "get", path: "/guests/:sub/merge", needs: ["readGuest", "mergeGuest"], run: mergeForm },
      {
        method: "post",
        path: "/guests/:sub/merge",
        needs: ["readGuest", "mergeGuest"],
        confirmed: true,
        run: act("mergeGuest", "merged", { body: (desk) => ({ lost_sub: desk.field("lost_sub") }) }),
      },
      { method: "get", path: "/guests/:sub/decline-erasure", needs: ["readGuest", "declineErasure"], run: (desk) => declineForm(desk) },
      {
        method: "post",
        path: "/guests/:sub/decline-erasure",
        needs: ["readGuest", "declineErasure"],
        run: async (desk) => {
          if (desk.field("reason") === "") return declineForm(desk, "Say why: the guest reads it.");
          await act("declineErasure", "erasure-declined", { body: () => ({ reason: desk.field("reason") }) })(desk);
        },
      },
      { method: "get", path: "/guests/:sub/erase", needs: ["readGuest", "eraseGuest"], run: (desk) => eraseForm(desk) },
      {
        method: "post",
        path: "/guests/:sub/erase",
        needs: ["readGuest", "eraseGuest"],
        confirmed: true,
        run: async (desk) => {
          const { body } = await desk.call<GuestShown>("readGuest", { params: { sub: desk.param("sub") } });
          if (desk.field("typed").toLowerCase() !== body.email.toLowerCase()) return eraseForm(desk, `Type ${body.email} to confirm.`);
          await desk.call("eraseGuest", { params: { sub: body.sub } });
          desk.go("/guests", "erased");
        },
      },
    ],
  };
}

async function guestOf(desk: Desk): Promise<GuestShown> {
  return (await desk.call<GuestShown>("readGuest", { params: { sub: desk.param("sub") } })).body;
}

async function suspendForm(desk: Desk, wrong?: string): Promise<void> {
  const { sub, email } = await guestOf(desk);
  desk.show(
    {
      title: `Suspend ${email}`,
      lead: "The guest is shut out at once: sessions and tokens stop working at their next use. You can let the guest in again.",
      invalid: wrong !== undefined,
      body: html`${desk.form(
        `/guests/${sub}/suspend`,
        html`${textField("reason", "Reason", { required: true, wrong, rows: 3, help: "For administrators, in the guest's history: left the partner company." })}
<button class="danger">Suspend</button> ${desk.link(`/guests/${sub}`, "Leave it")}`,
        "card",
      )}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

async function declineForm(desk: Desk, wrong?: string): Promise<void> {
  const { sub, email } = await guestOf(desk);
  desk.show(
    {
      title: `Do not erase ${email}`,
      lead: "The guest's own page shows when you declined, and your reason. The guest can ask again.",
      invalid: wrong !== undefined,
      body: html`${desk.form(
        `/guests/${sub}/decline-erasure`,
        html`${textField("reason", "Reason", { required: true, wrong, rows: 3, help: "For the guest to read." })}
<button class="primary">Decline</button> ${desk.link(`/guests/${sub}`, "Leave it")}`,
        "card",
      )}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

const editable = ["name", "given_name", "family_name", "locale", "external_id", "notes", "reverification_days", "expires_at"];

async function save(desk: Desk): Promise<void> {
  const typed = Object.fromEntries([...editable, "version"].map((name) => [name, desk.field(name)]));
  const body = Object.fromEntries(
    editable.map((name) => {
      const text = typed[name] ?? "";
      if (text === "") return [name, null];
      return [name, name === "reverification_days" ? Number(text) : text];
    }),
  );
  try {
    const version = Number(typed["version"]);
    await desk.call("updateGuest", { params: { sub: desk.param("sub") }, body, ...(version > 0 ? { ifMatch: version } : {}) });
  } catch (error) {
    const wrong = wrongOf(error);
    return edit(desk, typed, wrong.fields, wrongNote(wrong));
  }
  desk.go(`/guests/${desk.param("sub")}`, "saved");
}

async function mergeForm(desk: Desk): Promise<void> {
  const guest = await guestOf(desk);
  const lost = desk.query("with");
  const other = lost === "" ? undefined : (await desk.call<GuestShown>("readGuest", { params: { sub: lost } })).body;
  const addresses = ({ aliases = [] }: GuestShown) => html`${aliases.map(({ address }) => html`${address}<br>`)}`;
  desk.show({
    title: `Merge another guest into ${guest.email}`,
    lead: "Both are the same person: this guest survives, the other's addresses, invitations and history move here. It cannot be undone.",
    body: other
      ? html`<div class="grid">${[guest, other].map(
          (each, index) =>
            html`<section class="card"><h2>${index === 0 ? "Survives" : "Goes"}</h2><p>${each.email}${each.name !== null && ` (${each.name})`}, ${each.state}</p><p>${addresses(each)}</p><p class="quiet"><code>${each.sub}</code></p></section>`,
        )}</div>
<p class="note wait">The shorter period between proofs and the earlier end of access of the two stay. ${other.email} gets in as ${guest.email} from now on.</p>
${desk.form(`/guests/${guest.sub}/merge`, html`<input type="hidden" name="lost_sub" value="${other.sub}"><button class="danger">Merge them</button> ${desk.link(`/guests/${guest.sub}`, "Leave it")}`)}`
      : html`<form method="get" class="card">${textField("with", "Identifier (sub) of the other guest", { required: true, help: "It stands on the other guest's page, under Facts." })}<button>Compare</button></form>`,
  });
}

async function eraseForm(desk: Desk, wrong?: string): Promise<void> {
  const { sub, email } = await guestOf(desk);
  desk.show(
    {
      title: `Erase ${email}`,
      lead: "Everything personal goes: addresses, names, invitations, what the audit trail says of the person. It cannot be undone. To shut somebody out, suspend the guest instead.",
      invalid: wrong !== undefined,
      body: desk.form(
        `/guests/${sub}/erase`,
        html`${textField("typed", `Type ${email} to confirm`, { required: true, wrong })}<button class="danger">Erase</button> ${desk.link(`/guests/${sub}`, "Leave it")}`,
        "card",
      ),
    },
    wrong === undefined ? 200 : 422,
  );
}
