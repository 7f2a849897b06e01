// What holds for every application, and what another rule would do before it is saved.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { barChart, textField } from "../views/parts.ts";

interface SettingsShown {
  allow_domains: string[];
  deny_domains: string[];
  reverification_days: number;
  invitation_days: number;
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
      { method: "get", path: "/settings", needs: ["readSettings"], run: (desk) => show(desk) },
      { method: "post", path: "/settings", needs: ["readSettings", "updateSettings", "previewPolicy"], run: save },
      { method: "get", path: "/reverification", needs: ["readSettings", "previewPolicy"], run: whatIf },
    ],
  };
}

const lines = (text: string) =>
  text
    .split(/[\s,]+/)
    .map((each) => each.trim())
    .filter(Boolean);

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
${field("allow_domains", "Only these domains", { rows: 4, help: "One a line, such as example.com or *.example.com. Empty: every domain that is not below." })}
${field("deny_domains", "Never these domains", { rows: 4 })}`;
  desk.show(
    {
      title: "Settings",
      lead: html`What holds for every application. What the server itself is set to stands in its environment: <code>guestpass doctor</code> shows it.`,
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${preview}${desk.allows("updateSettings") ? desk.form("/settings", html`${form}<button class="primary">Save</button>`, "card") : html`<fieldset class="card" disabled>${form}</fieldset>`}`,
    },
    wrong === undefined ? 200 : 422,
  );
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
        allow_domains: lines(typed["allow_domains"] ?? ""),
        deny_domains: lines(typed["deny_domains"] ?? ""),
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
${textField("client_id", "At the application", { value: client, help: "Its client id; empty: everywhere" })}<button>Look</button></form>
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
