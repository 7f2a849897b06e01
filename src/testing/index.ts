// guestpass/testing: a provider for the tests of a relying application, which catches its mail and lets the test move the clock.
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../configuration/config.ts";
import { createLog } from "../log.ts";
import { startServer } from "../main.ts";
import { randomToken } from "../secrets.ts";
import { testClock } from "./clock.ts";
import { MailServer } from "./mail-server.ts";
import { TestMailbox } from "./mailbox.ts";
import type { Requests } from "./requests.ts";

export type { Span } from "./clock.ts";
export type { Mail } from "./mail-server.ts";
export type { TestMailbox } from "./mailbox.ts";

/** The settings with which an application signs guests in. */
export interface TestApplication {
  issuer: string;
  client_id: string;
  /** undefined for a public client */
  client_secret: string | undefined;
}

/** As POST /admin/applications takes it: a field that it does not have is an error of the types. */
export type ApplicationToRegister = Partial<NonNullable<Requests["createApplication"]["body"]>> & { redirect_uris: string[] };

export interface TestProvider {
  issuer: string;
  mailbox: TestMailbox;
  /** Moves the time of the whole test process: `Date`, here and in the application under test. */
  clock: typeof testClock;
  /**
   * Registers an application.
   * @param application as POST /admin/applications takes it; anyone who proves a mailbox gets in, without consent, unless it says otherwise
   * @throws InputError with what is wrong
   */
  register(application: ApplicationToRegister): Promise<TestApplication>;
  /**
   * An operation of the administration API, by its name in the OpenAPI document: invite, suspend, tighten a rule ...
   * @throws InputError with what is wrong
   */
  admin<Name extends keyof Requests>(operation: Name, request?: Requests[Name]): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Closes everything, and sets the clock right. */
  stop(): Promise<void>;
}

/**
 * Starts a provider on a free port, with a database of its own.
 * @param settings environment variables of the configuration (docs/configuration.md)
 */
export async function startProvider(settings: Record<string, string> = {}): Promise<TestProvider> {
  const directory = await mkdtemp(join(tmpdir(), "guestpass-"));
  const mail = await new MailServer().start();
  const port = String(await freePort());
  const issuer = `http://localhost:${port}`;
  const environment = {
    GUESTPASS_MODE: "production",
    GUESTPASS_ISSUER: issuer,
    GUESTPASS_HOST: "127.0.0.1",
    GUESTPASS_PORT: port,
    GUESTPASS_SECRET: randomToken(),
    GUESTPASS_DATA_DIR: directory,
    GUESTPASS_SMTP_URL: mail.url,
    GUESTPASS_MAIL_FROM: "Guestpass <guestpass@localhost>",
    GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8,::1/128",
    // Tests invite and sign in again and again, from one network, often with one address.
    GUESTPASS_LIMIT_CODES_PER_ADDRESS: "10000/1m",
    GUESTPASS_LIMIT_CODES_PER_NETWORK: "10000/1m",
    GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "10000/1m",
    GUESTPASS_LIMIT_INVITATIONS_PER_ADDRESS: "10000/1m",
    GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "10000/1m",
    ...settings,
  };
  const tidy = async () => {
    await mail.stop();
    await rm(directory, { recursive: true, force: true });
    testClock.reset();
  };
  try {
    const server = await startServer(readConfig(environment), { clock: testClock, log: createLog("silent") });
    const { admin } = server.app;
    return {
      issuer,
      mailbox: new TestMailbox(mail),
      clock: testClock,
      admin,
      register: async (application) => {
        const { body } = await admin("createApplication", {
          body: { name: "Test", admission: "anyone", first_party: true, ...application },
        });
        return { issuer, client_id: String(body["client_id"]), client_secret: body["client_secret"] as string | undefined };
      },
      stop: async () => {
        await server.close();
        await tidy();
      },
    };
  } catch (error) {
    await tidy();
    throw error;
  }
}

/** Each of mocha's parallel workers has a range of its own. */
const worker = Number(process.env["MOCHA_WORKER_ID"] ?? 0) % 4;
/** Systems hand out ports from 32768 upwards, also for outgoing connections. Below that, nothing takes a port between here and its use. */
const [firstPort, ports] = [20_000 + worker * 3000, 3000];
/** Ports are given out in turn: one that nothing listens on yet may be meant for something that is about to start. */
let latest = randomInt(ports);

/** @returns a port of 127.0.0.1 that nothing listens on; processes that ask at the same time nearly always get different ones */
export async function freePort(): Promise<number> {
  latest = (latest + 1) % ports;
  const port = firstPort + latest;
  const probe = createServer();
  const free = await new Promise<boolean>((resolve) => {
    probe.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
  });
  if (!free) return freePort();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
