/** More pages than this are told to stop asking; they show the news when they are reloaded. */
const mostStreams = 500;
const mostOfOneSignIn = 3;

/** The news streams of this process that are open, by sign-in. */
export class DeliveryStreams {
  readonly #open = new Map<string, number>();
  #total = 0;

  enter(interaction: string): boolean {
    const open = this.#open.get(interaction) ?? 0;
    if (this.#total >= mostStreams || open >= mostOfOneSignIn) return false;
    this.#open.set(interaction, open + 1);
    this.#total++;
    return true;
  }

  leave(interaction: string): void {
    const open = (this.#open.get(interaction) ?? 1) - 1;
    if (open === 0) this.#open.delete(interaction);
    else this.#open.set(interaction, open);
    this.#total--;
  }
}
