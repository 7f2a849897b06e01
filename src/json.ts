// JSON from outside. The cost of parsing and validating it depends on its number of values and its depth more than on its length: a
// megabyte of brackets blocks everything else for a second. So both are counted first.

/** Nested lists and objects. */
const mostDepth = 16;
/** Values in all, fields and elements. An upload of 1,000 invitations with every field has 17,000, two full lists of domains 20,000. */
const mostValues = 25_000;
/** A key that would set the prototype of an object that it is copied to, however it is escaped. In a string its quotation marks are escaped. */
const prototype = /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"\s*:/i;

/** Input that exceeds the limits on what is read: 413 if it came by HTTP. */
export class TooMuchError extends Error {
  readonly status = 413;
}

/** @throws SyntaxError if it is not JSON, or sets a prototype; TooMuchError before anything is parsed */
export function parseJson(text: string): unknown {
  count(text);
  if (prototype.test(text)) throw new SyntaxError("a key is __proto__");
  return JSON.parse(text);
}

/** Counts commas and opening brackets. Text that is not JSON is counted too, and then refused by the parser. */
function count(text: string): void {
  const structure = /["[\]{},]/g;
  let depth = 0;
  let values = 1;
  let strings = 0;
  for (let found = structure.exec(text); found && depth >= 0; found = structure.exec(text)) {
    if (found[0] === '"') {
      strings++;
      structure.lastIndex = endOfString(text, found.index);
    } else if (found[0] === "]" || found[0] === "}") depth--;
    else {
      values++;
      if (found[0] !== ",") depth++;
    }
    if (depth > mostDepth) throw new TooMuchError(`more than ${mostDepth} lists and objects within one another`);
    if (values > mostValues || strings > 2 * mostValues) throw new TooMuchError(`more than ${mostValues} values`);
  }
}

/** @returns the place after its closing quotation mark */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  return text.length;
}
