/** A pass with its stub: the icon of the pages, and the mark at their top. */
export function icon(colour: string, background: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="2 7 28 18"><path fill="${colour}" d="M4 7h24a2 2 0 0 1 2 2v4a3 3 0 0 0 0 6v4a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2v-4a3 3 0 0 0 0-6V9a2 2 0 0 1 2-2z"/><g fill="none" stroke="${background}" stroke-width="2"><path stroke-dasharray="2.6 2.6" d="M20.5 9.4v13.4"/><path stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" d="m8.5 16 3 3 5-6"/></g></svg>`;
}
