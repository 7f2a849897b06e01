/** A joiner that follows nothing, and all other invisible characters. */
const invisible = /(?<![^\s\p{Cc}\p{Cf}])[\u200c\u200d]|(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The beginning of someone else's text, as one readable line of at most 200 characters. */
export function excerpt(text: string): string {
  return text.slice(0, 1000).replace(invisible, "").trim().slice(0, 200).toWellFormed();
}
