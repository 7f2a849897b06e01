// An application as its guests see it, before it is saved too.
import { html } from "../../http/html.ts";
import { nameOf } from "../../http/page.ts";
import { framesOwnPages, inOwnFrame } from "../../http/security-headers.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { choiceField } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";

interface PreviewShown {
  languages: string[];
  items: { kind: "screen" | "mail"; name: string; title: string; html: string; text: string | null }[];
}

/** The parts of an application's look that its form can change. The support address is shown as saved: no address is in a URL. */
const lookFields = ["name", "admission", "colour", "logo_uri", "logo_uri_dark"];

export function applicationPreviewPages(): ConsolePages {
  return {
    words: {},
    routes: [
      { method: "get", path: "/applications/:client_id/preview", needs: ["previewApplication"], run: show },
      { method: "get", path: "/applications/:client_id/preview/:name", needs: ["previewApplication"], run: showDocument },
    ],
  };
}

/** The path of the preview of unsaved changes. */
export function previewPath(clientId: string, unsaved: Record<string, string>): string {
  const look = Object.entries(unsaved).filter(([name]) => lookFields.includes(name));
  return `${pathOf(clientId)}?${new URLSearchParams(look)}`;
}

const pathOf = (clientId: string) => `/applications/${encodeURIComponent(clientId)}/preview`;

async function show(desk: Desk): Promise<void> {
  const { languages, items } = await preview(desk);
  const clientId = desk.param("client_id");
  const found = items.findIndex(({ name }) => name === desk.query("view"));
  const at = Math.max(0, found);
  const view = items[at] as PreviewShown["items"][number];
  const [language, scheme] = [desk.query("language") || "en", desk.query("scheme") || "light"];
  const unsaved = unsavedIn(desk);
  const query = (more: Record<string, string>) => new URLSearchParams({ ...unsaved, language, scheme, ...more }).toString();
  const leading = (to: number, words: string) => items[to] && desk.link(`${pathOf(clientId)}?${query({ view: items[to].name })}`, words);
  const frame = (kind: string, width: string) =>
    html`<iframe class="${kind}" title="${view.title}, ${width}" sandbox src="${desk.base}${pathOf(clientId)}/${view.name}?${query({})}"></iframe>`;
  framesOwnPages(desk.ctx);
  desk.show({
    title: `${unsaved["name"] ?? (await applicationNames(desk)).name(clientId)}: preview`,
    lead:
      Object.keys(unsaved).length > 0
        ? "This is how it would look. Nothing is saved: go back with your browser to save it or to change more."
        : html`What guests see, with made-up content. ${desk.link(`/applications/${encodeURIComponent(clientId)}`, "Back to the application")}`,
    body: html`<form class="bar" action="${desk.base}${pathOf(clientId)}">
${Object.entries(unsaved).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${choiceField(
  "view",
  "Screen or mail",
  items.map(({ kind, name, title }) => [name, `${kind === "mail" ? "Mail" : "Screen"}: ${title} (${name})`]),
  { value: view.name },
)}
${choiceField(
  "language",
  "Language",
  languages.map((each) => [each, nameOf(each)]),
  { value: language },
)}
${choiceField(
  "scheme",
  "Scheme",
  [
    ["light", "light"],
    ["dark", "dark"],
  ],
  { value: scheme },
)}
<button class="primary">Show</button></form>
<div class="bar"><h2><bdi lang="${language}">${view.title}</bdi></h2>
<nav class="pages" aria-label="Screens and mails">${leading(at - 1, "Previous")}${leading(at + 1, "Next")}</nav></div>
<div class="frames">${frame("phone", "on a phone")}${frame("desktop", "wide")}</div>
${view.text !== null && html`<details><summary>As plain text</summary><pre lang="${language}" dir="auto" tabindex="0">${view.text}</pre></details>`}`,
  });
}

/** For a frame. */
async function showDocument(desk: Desk): Promise<void> {
  const { items } = await preview(desk, desk.param("name"));
  inOwnFrame(desk.ctx);
  desk.ctx.type = "html";
  desk.ctx.body = items[0]?.html;
}

async function preview(desk: Desk, name?: string): Promise<PreviewShown> {
  const { body } = await desk.call<PreviewShown>("previewApplication", {
    params: { client_id: desk.param("client_id") },
    body: { ...desk.queries("language", "scheme"), ...(name === undefined ? {} : { name }), changes: lookOf(unsavedIn(desk)) },
  });
  return body;
}

/** For the operation: an empty value removes what is saved. */
export function lookOf(typed: Record<string, string>): Record<string, string | null> {
  const look = lookFields.filter((name) => typed[name] !== undefined);
  return Object.fromEntries(look.map((name) => [name, typed[name] === "" && name !== "name" ? null : (typed[name] as string)]));
}

function unsavedIn({ ctx }: Desk): Record<string, string> {
  const given = lookFields.map((name) => [name, ctx.query[name]] as const);
  return Object.fromEntries(given.filter((each): each is [string, string] => typeof each[1] === "string"));
}
