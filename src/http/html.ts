// Views return Html. In a template nested Html stays as it is; every other value is escaped.

export class Html {
  readonly #markup: string;
  constructor(markup: string) {
    this.#markup = markup;
  }
  toString(): string {
    return this.#markup;
  }
}

type Part = Html | string | number | false | null | undefined | Part[];

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((markup, text, index) => markup + render(parts[index - 1]) + text));
}

function render(part: Part): string {
  if (part instanceof Html) return part.toString();
  if (Array.isArray(part)) return part.map(render).join("");
  if (part === false || part === null || part === undefined) return "";
  return String(part).replace(/[&<>"']/g, (character) => entities[character] as string);
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A sentence with one part in an element. */
export function within(sentence: string, part: string, element: (part: string) => Html): Html {
  const at = sentence.lastIndexOf(part);
  return html`${sentence.slice(0, at)}${element(part)}${sentence.slice(at + part.length)}`;
}

/** A sentence with an address, which stays together in either reading direction. */
export function withAddress(sentence: string, address: string): Html {
  return within(sentence, address, (part) => html`<bdi class="address">${part}</bdi>`);
}
