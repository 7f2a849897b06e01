// Finds guests, applications and pages by a part of their name. "/" and Ctrl-K open it if script runs.
import { html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import type { NavigationEntry } from "../frame.ts";

interface Found {
  path: string;
  name: string;
  kind: string;
}

const most = 8;

export function findPages(places: (NavigationEntry & { needs: string[] })[]): ConsolePages {
  return {
    words: {},
    routes: [
      {
        method: "post",
        path: "/find",
        needs: ["searchGuests"],
        run: async (desk) => {
          const text = desk.field("find").slice(0, 200);
          const pages = places.filter(({ name, needs }) => has(text, name) && desk.allows(...needs));
          const found: Found[] = [
            ...(await guests(desk, text)),
            ...(await applications(desk, text)),
            ...pages.map(({ path, name }) => ({ path, name, kind: "page" })),
          ];
          desk.show({
            title: "Find",
            body: html`${found.length === 0 && html`<p class="note">Nothing is found.</p>`}<ul id="found">${found.map(
              ({ path, name, kind }) => html`<li><a href="${desk.base}${path}">${name} <small class="quiet">${kind}</small></a></li>`,
            )}</ul>`,
          });
        },
      },
    ],
  };
}

async function guests(desk: Desk, text: string): Promise<Found[]> {
  if (text === "") return [];
  const { items } = (
    await desk.call<{ items: { sub: string; email: string; name: string | null; state: string }[] }>("searchGuests", {
      body: { search: text, limit: most },
    })
  ).body;
  return items.map(({ sub, email, name, state }) => ({
    path: `/guests/${sub}`,
    name: name === null ? email : `${name} (${email})`,
    kind: `guest, ${state}`,
  }));
}

async function applications(desk: Desk, text: string): Promise<Found[]> {
  if (text === "" || !desk.allows("listApplications")) return [];
  const { items } = (await desk.call<{ items: { client_id: string; name: string }[] }>("listApplications", { query: { limit: 500 } })).body;
  return items
    .filter(({ client_id: id, name }) => has(text, name) || has(text, id))
    .slice(0, most)
    .map(({ client_id: id, name }) => ({ path: `/applications/${encodeURIComponent(id)}`, name, kind: "application" }));
}

function has(text: string, name: string): boolean {
  return name.toLowerCase().includes(text.toLowerCase());
}
