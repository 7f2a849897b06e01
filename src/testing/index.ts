// guestpass/testing: a provider for the tests of a relying application, with its mail caught and its clock in the test's hand.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { startServer } from "../main.ts";
import { randomToken } from "../secrets.ts";
import { testClock } from "./clock.ts";
import { MailServer } from "./mail-server.ts";
import { TestMailbox } from "./mailbox.ts";

export type { Span } from "./clock.ts";
export type { Mail } from "./mail-server.ts";
export type { TestMailbox } from "./mailbox.ts";

/** What an application needs to sign guests in. */
export interface TestApplication {
  issuer: string;
  client_id: string;
  /** undefined for a public client */
  client_secret: string | undefined;
}

export interface TestProvider {
  issuer: string;
  mailbox: TestMailbox;
  /** Moves the time of the whole test process: what `Date` says, here and in the application under test. */
  clock: typeof testClock;
  /**
   * Registers an application.
   * @param application as POST /admin/applications takes it; anyone who proves a mailbox gets in, without consent, unless it says otherwise
   * @throws InputError with what is wrong
   */
  register(application: { redirect_uris: string[] } & Record<string, unknown>): Promise<TestApplication>;
  /** An operation of the administration API, by its name in the OpenAPI document: invite, suspend, tighten a rule ... */
  admin(
    operation: string,
    request?: { params?: Record<string, string>; query?: object; body?: unknown },
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Lets go of everything, and sets the clock right. */
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

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
