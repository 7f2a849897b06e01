// The settings for every application, and the effect of another rule before it is saved.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { barChart, choiceField, severalDomains, table, textField } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";

interface SettingsShown {
  allow_domains: string[];
  deny_domains: string[];
  reverification_days: number;
  invitation_days: number;
}

interface ServerSetting {
  variable: string;
  value: string | null;
  source: string;
}

interface Forecast {
  guests_now: number;
  sessions_ending: number;
  due: { day: string; guests: number }[];
}

export function settingsPages(): ConsolePages {
  return {
    words: { "settings-saved": "Saved. It holds at the next use of any session or token." },
    routes: [
      { method: "get", path: "/settings", needs: ["readSettings", "readConfiguration"], run: (desk) => show(desk) },
      { method: "post", path: "/settings", needs: ["readSettings", "readConfiguration", "updateSettings", "previewPolicy"], run: save },
      { method: "get", path: "/reverification", needs: ["readSettings", "previewPolicy", "listApplications"], run: whatIf },
    ],
  };
}

async function show(desk: Desk, typed?: Record<string, string>, wrong?: Wrong, preview: Html | false = false): Promise<void> {
  const { body, version } = await desk.call<SettingsShown>("readSettings");
  const value = (name: keyof SettingsShown) => {
    const stored = body[name];
    return typed?.[name] ?? (Array.isArray(stored) ? stored.join("\n") : String(stored));
  };
  const field = (name: keyof SettingsShown, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: value(name), wrong: wrong?.fields[name], ...options });
  const form = html`<input type="hidden" name="version" value="${typed?.["version"] ?? version}">
${field("reverification_days", "A guest proves the mailbox again every … days", { type: "number", required: true, help: "Unless an application, an invitation or the guest's record has a stricter rule." })}
${field("invitation_days", "An invitation can be redeemed for … days", { type: "number", required: true })}
${field("allow_domains", "Allowed domains", { rows: 3, help: "Of guests' addresses, one a line: example.com, *.example.com. Empty: every domain that is not blocked." })}
${field("deny_domains", "Blocked domains", { rows: 3 })}`;
  desk.show(
    {
      title: "Settings",
      lead: html`These settings apply to every application. The server's own are below.`,
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${preview}${desk.allows("updateSettings") ? desk.form("/settings", html`${form}<button class="primary">Save</button>`, "card") : html`<fieldset class="card" disabled>${form}</fieldset>`}${await serverSettings(desk)}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

async function serverSettings(desk: Desk): Promise<Html> {
  const { items } = (await desk.call<{ items: ServerSetting[] }>("readConfiguration")).body;
  return html`<section><h2>The server's own settings</h2>
<p class="lead">To change one, set its variable in the server's environment and restart it. <code>guestpass doctor</code> checks them first.</p>
${table(
  items,
  [
    { name: "Variable", cell: ({ variable }) => html`<code>${variable}</code>` },
    { name: "Value", cell: ({ value }) => value ?? html`<span class="quiet">not set</span>` },
    { name: "Set in", cell: ({ source }) => (source === "default" ? html`<span class="quiet">default</span>` : source) },
  ],
  { caption: "The server's own settings", empty: "None." },
)}</section>`;
}

async function save(desk: Desk): Promise<void> {
  const typed = Object.fromEntries(
    ["reverification_days", "invitation_days", "allow_domains", "deny_domains", "version"].map((name) => [name, desk.field(name)]),
  ) as Record<string, string>;
  const days = Number(typed["reverification_days"]);
  const { body: before } = await desk.call<SettingsShown>("readSettings");
  try {
    if (days < before.reverification_days && desk.field("sure") !== "yes") {
      const { body: forecast } = await desk.call<Forecast>("previewPolicy", { query: { days: String(days) } });
      const kept = Object.entries(typed).map(([name, text]) => html`<input type="hidden" name="${name}" value="${text}">`);
      return await show(
        desk,
        typed,
        undefined,
        html`<section class="note wait" role="status"><p>${inWords(forecast, days)}</p>${desk.form("/settings", html`${kept}<input type="hidden" name="sure" value="yes"><button class="primary">Save it all the same</button>`)}</section>`,
      );
    }
    const version = Number(typed["version"]);
    await desk.call("updateSettings", {
      body: {
        reverification_days: days,
        invitation_days: Number(typed["invitation_days"]),
        allow_domains: severalDomains(typed["allow_domains"]),
        deny_domains: severalDomains(typed["deny_domains"]),
      },
      ...(version > 0 ? { ifMatch: version } : {}),
    });
  } catch (error) {
    return show(desk, typed, wrongOf(error));
  }
  desk.go("/settings", "settings-saved");
}

function inWords({ guests_now: now, sessions_ending: ending, due }: Forecast, days: number): string {
  const later = due.reduce((sum, { guests }) => sum + guests, 0);
  return `With ${days} days, ${now} guests who are signed in are asked for a code at their next visit, and ${ending} sessions end now. ${later} more come due later.`;
}

async function whatIf(desk: Desk): Promise<void> {
  const { body: settings } = await desk.call<SettingsShown>("readSettings");
  const { days = String(settings.reverification_days), client_id: client } = desk.queries("days", "client_id");
  const { body: forecast } = await desk.call<Forecast>("previewPolicy", {
    query: { days, ...(client === undefined ? {} : { client_id: client }) },
  });
  desk.show({
    title: "Reverification",
    lead: html`A guest proves the mailbox again every ${settings.reverification_days} days, unless a stricter rule applies. ${desk.link("/settings", "Change it")}.`,
    body: html`<form method="get" action="${desk.base}/reverification" class="bar">
${textField("days", "What if it were … days?", { value: days, type: "number", required: true })}
${choiceField("client_id", "Application", [["", "all of them"], ...(await applicationNames(desk)).choices], { value: client })}<button>Preview</button></form>
<p class="note" role="status">${inWords(forecast, Number(days))}</p>
${
  forecast.due.length > 0 &&
  barChart(
    "Guests who come due, by day",
    forecast.due.map(({ day, guests }) => ({ label: day, value: guests })),
    { first: "Guests" },
  )
}`,
  });
}
