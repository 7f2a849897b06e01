// One connection to PostgreSQL that does nothing but LISTEN, and comes back when it is lost.
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "pg";
import type { Logger } from "../log.ts";
import { keepAliveAfter } from "./database.ts";

const firstPause = 1000;
const longestPause = 30_000;
/** How long (milliseconds) closing the connection may take. */
const patience = 1000;

export class Listener {
  readonly #url: string;
  readonly #channel: string;
  readonly #heard: () => void;
  readonly #log: Logger;
  #client: Client | undefined;
  #again: NodeJS.Timeout | undefined;
  #pause = firstPause;
  #stopped = false;
  #connecting: Promise<void>;

  /**
   * @param channel an SQL identifier
   * @param heard called for each notification, and when the connection comes back: one may have been missed meanwhile
   */
  constructor({ url, channel, heard, log }: { url: string; channel: string; heard: () => void; log: Logger }) {
    this.#url = url;
    this.#channel = channel;
    this.#heard = heard;
    this.#log = log;
    this.#connecting = this.#connect();
  }

  /** Does not wait for a database that does not answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#again);
    await Promise.race([this.#end(), wait(patience, undefined, { ref: false })]);
  }

  async #end(): Promise<void> {
    await this.#connecting;
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    // Loaded here alone: a server on SQLite starts without it.
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      connectionString: this.#url,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfter,
      connectionTimeoutMillis: longestPause,
      application_name: "guestpass listener",
    });
    this.#client = client;
    client.on("notification", () => this.#heard());
    client.on("error", (error) => this.#log.warn({ err: error }, "the listening connection to the database was lost"));
    client.once("end", () => {
      if (client === this.#client) this.#reconnect();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${this.#channel}`);
      this.#pause = firstPause;
      this.#heard();
    } catch (error) {
      this.#log.warn({ err: error }, "no listening connection to the database: mail from other instances is found by polling");
      this.#reconnect();
      await client.end().catch(() => undefined);
    }
  }

  #reconnect(): void {
    if (this.#stopped || this.#again) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      this.#connecting = this.#connect();
    }, this.#pause);
    this.#again.unref();
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }
}
