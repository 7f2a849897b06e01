import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound, Problem } from "../api/problem.ts";
import type { NewApplication } from "../applications/application.ts";
import type { Preview, Scheme } from "../preview.ts";
import { findLanguage, type Texts } from "../texts/texts.ts";
import { changed } from "./application-changes.ts";
import { ApplicationUpdate } from "./application-fields.ts";
import { exampleApplication } from "./application-results.ts";
import { type ApplicationOperationDeps, applicationParams, readApplication, validateApplication } from "./applications.ts";
import { Locale } from "./fields.ts";

export interface PreviewOperationDeps extends ApplicationOperationDeps {
  texts: Texts;
  /** Every screen and mail that wears the application's look. */
  preview(application: NewApplication, options: { language: string; scheme: Scheme }): Promise<Preview[]>;
}

/** What guests see of an application. */
const Look = ApplicationUpdate.pick({
  name: true,
  admission: true,
  support_address: true,
  colour: true,
  logo_uri: true,
  logo_uri_dark: true,
  policy_uri: true,
  tos_uri: true,
});

const PreviewResult = z.strictObject({
  languages: z.array(z.string()).describe("Those that it can be shown in"),
  items: z.array(
    z.strictObject({
      kind: z.enum(["screen", "mail"]),
      name: z.string(),
      title: z.string().describe("Of the screen, or the subject of the mail"),
      html: z.string().describe("A whole document, with its style and without script"),
      text: z.string().nullable().describe("The mail as plain text; null for a screen"),
    }),
  ),
});

export function previewOperations(deps: PreviewOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "previewApplication",
      method: "post",
      path: "/applications/:client_id/preview",
      summary: "Show every screen and mail of an application as guests see it, with made-up content; nothing is saved or sent",
      details: "`changes` shows how it would look with other values. The documents fetch nothing but the logos.",
      scope: "applications:read",
      own: false,
      params: applicationParams,
      body: z.strictObject({
        language: Locale.default("en"),
        scheme: z.enum(["light", "dark"]).default("light"),
        name: z.string().max(100).optional().describe("Only the screen or mail of this name"),
        changes: Look.default({}),
      }),
      result: PreviewResult,
      status: 200,
      problems: [422],
      example: {
        params: { client_id: exampleApplication.client_id },
        body: { language: "de", scheme: "dark", name: "enter-email", changes: { colour: "#0b57d0" } },
        result: {
          languages: ["en", "de"],
          items: [{ kind: "screen", name: "enter-email", title: "Bei Acme Files anmelden", html: "<!doctype html>…", text: null }],
        },
      },
      run: async ({ params: { client_id: clientId }, body: { language: wished, scheme, name, changes } }) => {
        const application = changed(await readApplication(deps, clientId), changes);
        await validateApplication(deps, application);
        const { languages } = deps.texts;
        const language = findLanguage(languages, [wished]);
        if (language === undefined)
          throw new Problem(422, "No such language", `There are no texts in ${wished}. Choose one of ${languages.join(", ")}.`);
        const all = await deps.preview(application, { language, scheme });
        const items = all.filter((each) => name === undefined || each.name === name).map((each) => ({ text: null, ...each }));
        if (items.length === 0) throw notFound("screen or mail");
        return { status: 200, body: { languages, items } };
      },
    }),
  ];
}
