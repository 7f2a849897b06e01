import { expect } from "chai";
import fc from "fast-check";
import { html } from "../../src/http/html.ts";

const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
const unescaped = (markup: string) => markup.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] as string);

describe("html", () => {
  it("escapes every value, so that none can leave the text or the attribute it stands in", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(fc.constantFrom("<", ">", "&", '"', "'", "&lt;"), fc.string()) }), (value) => {
        const markup = html`${value}`.toString();
        expect(markup).to.not.match(/[<>"']|&(?!(?:lt|gt|quot|#39|amp);)/);
        expect(unescaped(markup)).to.equal(value);
      }),
    );
  });

  it("leaves nested templates unescaped, alone and in lists", () => {
    const items = ["<b>", "&"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul class="${'"'}">${items}</ul>`.toString()).to.equal('<ul class="&quot;"><li>&lt;b&gt;</li><li>&amp;</li></ul>');
  });

  it("leaves out values that are missing, and shows a zero", () => {
    expect(html`a${undefined}${null}${false}${[]}${0}`.toString()).to.equal("a0");
  });
});
