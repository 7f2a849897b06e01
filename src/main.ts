// The process: open the database, migrate, listen, and drain on SIGTERM.
import { createServer, type Server, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type App, createApp, type Surroundings, sweepEvery } from "./app.ts";
import type { BounceListener } from "./bounces/listener.ts";
import { elapsed, second } from "./clock.ts";
import type { Config } from "./configuration/config.ts";
import { beTheOnlyServer } from "./database/only-server.ts";
import type { DevelopmentMailbox } from "./development/mailbox.ts";
import { mailboxRoutes } from "./development/mailbox-page.ts";
import { InputError } from "./errors.ts";
import { exposedKeys, exposedLogins } from "./outbox/configured-routes.ts";
import { loadTexts } from "./texts/texts.ts";

export interface RunningServer {
  app: App;
  /** The mails, in development mode. */
  mailbox: DevelopmentMailbox | undefined;
  /** Where bounces are received by SMTP. */
  bounceListener: BounceListener | undefined;
  port: number;
  /** Accepts no new requests, finishes those under way and the mail being sent, and closes the database. */
  close(): Promise<void>;
}

/** For requests under way; with the time that the outbox takes for its mail, a process is gone within 10 s. */
const drainMs = 6_000;

/** When the first start has time for the next signing keys (milliseconds): making them takes longer than anything else. */
const tendAfter = 5_000;

/** Starts everything that `guestpass serve` runs. */
export async function startServer(config: Config, surroundings: Partial<Surroundings> = {}): Promise<RunningServer> {
  const app = await createApp(config, surroundings, { migrates: config.database.migrate === "on" });
  try {
    return await open(app);
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function open(app: App): Promise<RunningServer> {
  const { config } = app;
  const { server, mailbox, bounceListener } = await openPorts(app);
  for (const problem of [...exposedKeys(config), ...exposedLogins(config)]) app.log.warn(problem);
  app.audit.run();
  app.outbox.run();
  app.sessions.run();
  app.logouts.run();
  app.webhooks.run();
  app.jobs.run();
  const failed = (what: string) => (error: unknown) => app.log.error({ err: error }, what);
  const tending = setTimeout(() => app.signingKeys.tend().catch(failed("the signing keys could not be maintained")), tendAfter);
  tending.unref();
  const sweeping = setInterval(() => app.sweep().catch(failed("the sweep failed")), sweepEvery);
  const close = async () => {
    app.drain();
    clearInterval(sweeping);
    clearTimeout(tending);
    await Promise.all([drain(server), bounceListener?.close()]);
    await app.close();
    await mailbox?.close();
  };
  return { app, mailbox, bounceListener, port: (server.address() as AddressInfo).port, close };
}

/**
 * Opens every port that is needed.
 * @throws InputError if some are not available: one line for each, so that all of them can be changed at once
 */
async function openPorts(app: App) {
  const { config } = app;
  const refusals: Error[] = [];
  const refused = (error: Error) => {
    refusals.push(error);
    return undefined;
  };
  const mailbox = config.mode === "development" ? await openMailbox(app).catch(refused) : undefined;
  const bounceListener = await openBounceListener(app).catch(refused);
  const server = createServer(patience(config), (request, response) => app.live.handle(request, response));
  server.maxHeadersCount = 100;
  await listen(server, config).catch(refused);
  if (refusals.length === 0) return { server, mailbox, bounceListener };
  await Promise.all([new Promise((resolve) => server.close(resolve)), bounceListener?.close(), mailbox?.close()]);
  throw refusals.find((each) => !(each instanceof InputError)) ?? new InputError(refusals.map(({ message }) => message).join("\n"));
}

/** How long a process may take to stop (milliseconds), even if the database hangs. */
const stopWithin = 9_500;

/** npm and npx repeat the terminal's Ctrl-C. After this time (milliseconds) it counts as a second one. */
const sameInterrupt = 1_000;

/** Runs until SIGTERM, SIGHUP or SIGINT; a later SIGINT does not wait for what is under way. An error that nobody handled ends the process: its state cannot be trusted any more. */
export async function serve(config: Config): Promise<void> {
  const lock = await beTheOnlyServer(config.database.url);
  // Kept from being collected, and never closed: SQLite's driver cannot close anything while the process ends, and need not.
  process.once("exit", () => void lock);
  const running = await startServer(config);
  const { log } = running.app;
  let askedAt: number | undefined;
  const stop = (signal: string) => {
    const now = elapsed();
    if (askedAt !== undefined) {
      if (signal !== "SIGINT" || now - askedAt < sameInterrupt) return;
      log.warn({ signal }, "Guestpass stops immediately");
      process.exit(130);
    }
    askedAt = now;
    log.info({ signal }, "Guestpass stops");
    // After Ctrl-C there is no load balancer that has to notice first.
    const delay = signal === "SIGINT" ? 0 : config.timeouts.shutdownDelaySeconds * second;
    setTimeout(() => fail(new Error("something that Guestpass is waiting for does not answer")), delay + stopWithin).unref();
    running.app.drain();
    const closed = wait(delay).then(() => running.close());
    closed.then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  const fail = (error: unknown) => {
    log.fatal({ err: error }, "Guestpass cannot continue");
    process.exit(1);
  };
  process.on("SIGTERM", stop).on("SIGHUP", stop).on("SIGINT", stop).on("uncaughtException", fail).on("unhandledRejection", fail);
  log.info({ issuer: config.issuer, port: running.port, mode: config.mode }, "Guestpass listens");
  // Among several workers, the process that started this one waits for it (src/workers.ts).
  process.send?.({ listens: true });
  setTimeout(tidyUp, settled).unref();
}

/** How long (milliseconds) until everything that belongs to the start is done. */
const settled = 1000;

/** Frees what the start left behind, a sixth of an idle server's memory. It takes 70 ms, once. */
function tidyUp(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
  collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

async function openMailbox(app: App): Promise<DevelopmentMailbox> {
  // Loaded here alone: its libraries are a quarter of the memory of a server that does without them.
  const { DevelopmentMailbox } = await import("./development/mailbox.ts");
  const mailbox = new DevelopmentMailbox();
  const port = app.config.development.smtpPort;
  await mailbox.listen(port).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(
      `The development mailbox cannot listen on 127.0.0.1:${port} (${cause.code}). Set GUESTPASS_DEVELOPMENT_SMTP_PORT to another port.`,
      { cause },
    );
  });
  const routes = mailboxRoutes(mailbox, { language: "en", translate: loadTexts().in("en") }, new URL(app.config.issuer).host);
  app.live.use(routes);
  return mailbox;
}

async function openBounceListener({ config, bounces, returnPaths, log }: App): Promise<BounceListener | undefined> {
  const { host, port } = config.bounces;
  if (port === undefined || !returnPaths) return undefined;
  // Loaded here alone, as the development mailbox is.
  const { BounceListener } = await import("./bounces/listener.ts");
  const listener = new BounceListener({ bounces, returnPaths, log });
  await listener.listen(port, host).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(
      `Guestpass cannot listen for bounces on ${host}:${port} (${cause.code}). Set GUESTPASS_BOUNCE_PORT to another port.`,
      { cause },
    );
  });
  return listener;
}

/** Slow headers and slow bodies do not hold the process up. Node checks for them only now and then: this is often enough. */
function patience({ timeouts }: Config): ServerOptions {
  const headersTimeout = Math.ceil(timeouts.headersSeconds * 1000);
  return {
    headersTimeout,
    requestTimeout: Math.max(Math.ceil(timeouts.requestSeconds * 1000), headersTimeout),
    connectionsCheckingInterval: Math.ceil(headersTimeout / 5),
    keepAliveTimeout: 65_000,
  };
}

function listen(server: Server, { listen: { host, port } }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new InputError(
          cause.code === "ENOTFOUND" || cause.code === "EADDRNOTAVAIL"
            ? `Guestpass cannot listen on ${host} (${cause.code}). Set GUESTPASS_HOST to a network address of this machine, or to 0.0.0.0.`
            : `Guestpass cannot listen on ${host}:${port} (${cause.code}). Set GUESTPASS_PORT to another port, and GUESTPASS_ISSUER to match.`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), drainMs);
    // A connection with a request under way becomes idle when that is answered; its client would keep it open.
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearTimeout(force);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
