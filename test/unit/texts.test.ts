import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { texts } from "../../config/texts/index.ts";
import { InputError } from "../../src/errors.ts";
import { problemsWith, readTextOverrides, wantedKeys } from "../../src/texts/overrides.ts";
import { chooseLanguage, loadTexts } from "../../src/texts/texts.ts";

const languages = Object.keys(texts) as (keyof typeof texts)[];
const others = languages.filter((language) => language !== "en");
const english: Record<string, string> = texts.en;

/** The same word in both languages. */
const shared: Record<string, string[]> = {
  de: ["mail.asked.browser", "mail.alert.server", "account.known.name"],
};

describe("the texts", () => {
  it("are there in English, German, French, Spanish, Portuguese, Japanese and Arabic", () => {
    expect(languages).to.have.members(["en", "de", "fr", "es", "pt", "ja", "ar"]);
  });

  for (const language of languages) {
    it(`in ${language} are complete, in each plural form that the language has, with the same placeholders`, () => {
      expect(Object.keys(texts[language])).to.have.members([...wantedKeys(language).keys()]);
      expect(problemsWith(language, texts[language])).to.deep.equal([]);
    });

    it(`in ${language} have words for every number`, () => {
      const translate = loadTexts().in(language);
      for (const count of [0, 1, 2, 3, 6, 8, 11, 21, 99, 100, 101, 102, 1.5, 1_000_000]) {
        for (const key of ["enter-passcode.wrong", "enter-passcode.label", "mail.passcode.minutes"] as const) {
          expect(translate(key, { count }), `${key} of ${count}`).not.to.match(/^(enter-passcode|mail)\.|\{\{/);
        }
      }
    });
  }

  for (const language of others) {
    it(`in ${language} were not left in English`, () => {
      const left = Object.entries(texts[language]).filter(
        ([key, text]) =>
          !shared[language]?.includes(key) &&
          ((text === english[key] && /\p{L}/u.test(text)) || /\b(the|and|your?|this|that|with|please|from|will|are)\b/i.test(text)),
      );
      expect(left).to.deep.equal([]);
    });
  }
});

describe("the language of a reader", () => {
  const choose = (...preferred: string[]) => chooseLanguage(["en", "de", "pt", "zh-Hant"], preferred);

  it("is the first one with texts, a region's by its language", () => {
    expect(choose("zh", "pt-BR", "de")).to.equal("pt");
    expect(choose("DE-at")).to.equal("de");
    expect(choose("zh-Hant-TW")).to.equal("zh-Hant");
  });

  it("is English where none of them has texts", () => {
    expect(choose("zh")).to.equal("en");
    expect(choose("*", "", "-", "--", "x-klingon")).to.equal("en");
    expect(choose()).to.equal("en");
  });
});

describe("a value put into a text", () => {
  const texts = loadTexts();

  it("cannot change the direction of the text around it", () => {
    expect(texts.in("en")("cancel", { application: "\u202eseliF emcA\u2069" })).to.equal("Cancel and go back to seliF emcA");
    expect(texts.in("en")("cancel", { application: "ملفات" })).to.equal("Cancel and go back to \u2068ملفات\u2069");
    expect(texts.in("ar")("cancel", { application: "Acme!" })).to.include("\u2068Acme!\u2069");
  });

  it("is not read as a template", () => {
    expect(texts.in("en")("cancel", { application: "$t(start-again) {{cancel}}" })).to.equal(
      "Cancel and go back to $t(start-again) {{cancel}}",
    );
  });
});

describe("an operator's own texts", () => {
  let directory: string;
  const file = (content: unknown) => {
    const path = join(directory, "texts.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const refusal = (content: unknown): string => {
    try {
      readTextOverrides(file(content));
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    throw new Error("the texts were taken");
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "guestpass-texts-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  it("go over the built-in ones and leave the others", () => {
    const overridden = loadTexts(readTextOverrides(file({ de: { "sign-out.title": "Schon fertig?" } }))).in("de");
    expect(overridden("sign-out.title")).to.equal("Schon fertig?");
    expect(overridden("sign-out.yes")).to.equal("Abmelden");
    expect(loadTexts().in("de")("sign-out.title")).to.equal("Abmelden?");
  });

  it("may add a language, complete", () => {
    const italian = Object.fromEntries([...wantedKeys("it")].map(([key, text]) => [key, `${text} (it)`]));
    const loaded = loadTexts(readTextOverrides(file({ it: italian })));
    expect(loaded.languages).to.include("it");
    expect(loaded.in("it")("signed-out.title")).to.equal("You are signed out (it)");
    const { "signed-out.title": _left, ...incomplete } = italian;
    expect(refusal({ it: incomplete })).to.include("needs every text; missing: signed-out.title");
  });

  it("are refused with every reason at once", () => {
    const message = refusal({
      de: { "mail.passcode.subjct": "x", "mail.passcode.subject": "Ihr Code", "locked.title": " ", "locked.lead": "x {{name}}" },
      de_DE: {},
    });
    expect(message).to.include("GUESTPASS_TEXTS");
    expect(message).to.include("de: there is no text mail.passcode.subjct");
    expect(message).to.include("de: mail.passcode.subject must contain {{application}}");
    expect(message).to.include("de: locked.title is empty");
    expect(message).to.include("de: locked.lead must not contain {{name}}");
    expect(message).to.include('"de_DE" is not a language tag');
  });

  it("are refused where the file is not theirs", () => {
    expect(refusal("{")).to.include("cannot be read as texts");
    expect(refusal({ de: { "locked.title": 1 } })).to.include("it must look like");
    expect(() => readTextOverrides(join(directory, "missing.json"))).to.throw(InputError, "missing.json");
  });
});
