// The keys that ID tokens are signed with.
import { html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { badge, type Mood, table } from "../views/parts.ts";
import { csvButton } from "./exports.ts";

interface KeyShown {
  kid: string;
  alg: string;
  state: string;
  since: string;
  ready_at: string | null;
  ends_at: string | null;
}

export function keyPages(): ConsolePages {
  return {
    words: {
      "key-rotated": "Rotated: the key that was published before signs now, and a new one is published.",
      "key-revoked": "Revoked. What it signed is refused from now on.",
    },
    routes: [
      { method: "get", path: "/keys", needs: ["listSigningKeys"], run: show },
      {
        method: "post",
        path: "/keys/rotate",
        needs: ["rotateSigningKeys"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("rotateSigningKeys", { body: {} });
          desk.go("/keys", "key-rotated");
        },
      },
      {
        method: "post",
        path: "/keys/revoke",
        needs: ["revokeSigningKey"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("revokeSigningKey", { params: { kid: desk.field("kid") } });
          desk.go("/keys", "key-revoked");
        },
      },
    ],
  };
}

const moods: Record<string, Mood> = { current: "good", next: "plain", previous: "wait" };

async function show(desk: Desk): Promise<void> {
  const { items } = (await desk.call<{ items: KeyShown[] }>("listSigningKeys")).body;
  desk.show({
    title: "Signing keys",
    lead: "The next key is published before it signs, and the previous ones stay published until what they signed is over.",
    action: desk.allows("rotateSigningKeys") && desk.button("/keys/rotate", "Rotate now", { kind: "primary" }),
    body: html`${table(
      items,
      [
        { name: "Key", cell: ({ kid }) => html`<code>${kid.slice(0, 12)}…</code>` },
        { name: "Algorithm", cell: ({ alg }) => alg },
        { name: "State", cell: ({ state }) => badge(state, moods[state]) },
        { name: "Since", cell: ({ since }) => desk.times.ago(since) },
        { name: "May sign from", cell: (each) => desk.times.ago(each.ready_at) },
        { name: "Published until", cell: (each) => desk.times.ago(each.ends_at) },
        {
          name: "",
          acts: true,
          cell: ({ kid, state }) =>
            state !== "revoked" &&
            desk.allows("revokeSigningKey") &&
            desk.button("/keys/revoke", "Revoke", { kind: "quietly danger", fields: { kid } }),
        },
      ],
      { caption: "Signing keys", empty: "None: the server makes the first one when it starts." },
    )}
${csvButton(desk, "keys")}<p class="note">Revoking is for a key that somebody else has: ID tokens that it signed are refused at once, and applications that have remembered it go on believing it until they read the keys again.</p>`,
  });
}
