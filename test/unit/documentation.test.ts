import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import type { Command } from "commander";
import { defaultLimits, defaults } from "../../config/defaults.ts";
import { guestpassCommand } from "../../src/cli/commands.ts";
import { environment } from "../../src/configuration/environment.ts";

const elsewhere = ["node_modules", "dist", "data", "coverage", "artifacts"];
const documents = globSync("**/*.md", { exclude: (name) => elsewhere.includes(name) });

describe("the documents", () => {
  const configuration = readFileSync("docs/configuration.md", "utf8");
  const rows = configuration.split("\n").filter((line) => line.startsWith("| "));

  it("describe every environment variable beside its path in the configuration file", () => {
    const missing = Object.entries(environment).filter(
      ([name, [path]]) => !rows.some((row) => row.startsWith(`| \`${name}\` | \`${path}\` |`)),
    );
    expect(missing.map(([name]) => name)).to.deep.equal([]);
    expect(configuration).to.include("`GUESTPASS_CONFIG`");
  });

  it("describe no environment variable that does not exist", () => {
    const named = [...configuration.matchAll(/^\| `(GUESTPASS_\w+)`/gm)].map(([, name]) => name);
    expect(named.filter((name) => name !== "GUESTPASS_CONFIG" && !Object.hasOwn(environment, name as string))).to.deep.equal([]);
  });

  it("have a schema that accepts the defaults, whatever is left out of them, and no path that does not exist", () => {
    const valid = new Ajv2020({ formats: { hostname: true, email: true } }).compile(
      JSON.parse(readFileSync("docs/configuration.schema.json", "utf8")),
    );
    const relay = { name: "relay", url: "smtp://localhost" };
    for (const file of [{}, { ...defaults, limits: defaultLimits }, { issuer: "https://guests.example.com", mail: { routes: [relay] } }])
      expect(valid(file), JSON.stringify(valid.errors)).to.equal(true);
    for (const file of [{ isuer: "https://guests.example.com" }, { session: { days: "7" } }, { mail: { routes: [{ name: "relay" }] } }])
      expect(valid(file), JSON.stringify(file)).to.equal(false);
  });

  it("give the default of every setting that has one", () => {
    const missing = leaves(defaults).filter(([path, value]) => !rows.some((row) => row.includes(`| \`${path}\` | ${written(value)}`)));
    expect(missing).to.deep.equal([]);
  });

  it("describe every command with every option", async () => {
    const sections = sectionsOf(readFileSync("docs/cli.md", "utf8"));
    for (const { path, command } of commandsOf(await guestpassCommand())) {
      const section = sections.find(({ heading }) => heading === `\`${path}\`` || heading.startsWith(`\`${path} `));
      expect(section, `docs/cli.md has no section for ${path}`).to.not.equal(undefined);
      for (const { long } of command.options) expect(`${section?.heading}\n${section?.text}`, path).to.include(long as string);
    }
  });

  for (const document of documents) {
    it(`have links that lead somewhere: ${document}`, () => {
      expect(linksOf(document).filter((link) => !leadsSomewhere(document, link))).to.deep.equal([]);
    });
  }
});

function leaves(tree: object, above = ""): [path: string, value: unknown][] {
  return Object.entries(tree).flatMap(([key, value]): [string, unknown][] =>
    typeof value === "object" && !Array.isArray(value) ? leaves(value as object, `${above}${key}.`) : [[above + key, value]],
  );
}

function written(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? "none" : `\`${String(value)}\``;
}

/** Commands that do something; a group does nothing by itself. */
function commandsOf(command: Command, above: string[] = []): { path: string; command: Command }[] {
  const path = [...above, command.name()];
  if (command.commands.length === 0) return [{ path: path.join(" "), command }];
  return command.commands.flatMap((sub) => commandsOf(sub, path));
}

function sectionsOf(markdown: string): { heading: string; text: string }[] {
  return markdown.split(/^#+ /m).map((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return { heading, text: lines.join("\n") };
  });
}

function linksOf(document: string): string[] {
  const prose = readFileSync(document, "utf8").replace(/^ *```[\s\S]*?^ *```/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)]
    .map(([, link, image]) => (link ?? image) as string)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path, anchor] = link.split("#");
  const target = path ? normalize(join(dirname(document), path)) : document;
  if (!existsSync(target)) return false;
  return anchor === undefined || sectionsOf(readFileSync(target, "utf8")).some(({ heading }) => slug(heading) === anchor);
}

/** As code hosts make it of a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}
