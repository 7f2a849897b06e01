// Checks every second whether another process has changed something (docs/decisions/031).
import type { Logger } from "../log.ts";

interface WatchDeps {
  /** @returns a text that changes whenever what is watched does */
  version(): Promise<string>;
  changed(): Promise<void>;
  log: Logger;
}

export class Watch {
  readonly #deps: WatchDeps;
  #known: string;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  /** @param known the version in use */
  constructor(deps: WatchDeps, known: string) {
    this.#deps = deps;
    this.#known = known;
  }

  run(everyMs = 1000): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (!this.#looking) this.look().catch(() => undefined);
    }, everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking?.catch(() => undefined);
  }

  /** Checks at once: a change made before the call is in use after it. @throws if it cannot be read or used */
  look(): Promise<void> {
    const looking = (this.#looking?.catch(() => undefined) ?? Promise.resolve())
      .then(() => this.#once())
      .finally(() => {
        if (this.#looking === looking) this.#looking = undefined;
      });
    this.#looking = looking;
    return looking;
  }

  async #once(): Promise<void> {
    try {
      const version = await this.#deps.version();
      if (version !== this.#known) {
        await this.#deps.changed();
        this.#known = version;
      }
      this.#failing = false;
    } catch (error) {
      // Logged once each time it begins: the database may be away for long.
      if (!this.#failing) this.#deps.log.warn({ err: error }, "the keys could not be checked: the known ones stay in use");
      this.#failing = true;
      throw error;
    }
  }
}
