// The systems that are compared, each started as its own process with a database of its own.
import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Programs } from "../build.ts";
import { createDatabase, type DatabaseKind, type ScratchDatabase } from "../databases.ts";
import { firstAnswer, freePort, startScript, startService, stop } from "../processes.ts";
import type { Target } from "./visitor.ts";

export type System = "floor" | DatabaseKind;

export interface RunningSystem {
  process: ChildProcess;
  target: Target;
  /** Milliseconds from the start of the process to its first answer of discovery; the database was there before. */
  startedIn: number;
  database: Omit<ScratchDatabase, "url">;
  /** What Guestpass runs with; the floor has none. */
  settings: Record<string, string>;
  stop(): Promise<void>;
}

export interface Setting {
  /** For databases and logs; removed by whoever made it. */
  directory: string;
  smtpPort: number;
  programs: Programs;
  /** Options of node, such as --import. */
  nodeOptions?: string[];
}

const redirectUri = "http://127.0.0.1:9/callback";

/** @param instances how many processes share the database; the requests are spread over them */
export function startSystem(system: System, setting: Setting, instances = 1): Promise<RunningSystem> {
  return system === "floor" ? startFloor(setting) : startGuestpass(system, setting, instances);
}

/** The process that signs guests in: it is told what to do round by round (load.ts). */
export function startLoad({ codesPort }: { codesPort: number }, { target }: RunningSystem): ChildProcess {
  return startScript(new URL("./load.ts", import.meta.url), [String(codesPort), JSON.stringify(target)]);
}

async function startFloor({ directory, smtpPort, programs }: Setting): Promise<RunningSystem> {
  const port = await freePort();
  const target = {
    issuer: `http://127.0.0.1:${port}`,
    clientId: "bench",
    clientSecret: randomBytes(32).toString("base64url"),
    redirectUri,
  };
  const args = [String(port), `smtp://127.0.0.1:${smtpPort}`, target.clientId, target.clientSecret, redirectUri];
  return start([programs.floor, ...args], {}, directory, target, {
    backends: async () => [],
    analyze: async () => undefined,
    remove: async () => undefined,
  });
}

/** Guestpass as it ships: `guestpass app add`, then `guestpass serve`, in production mode, settings from the environment. */
async function startGuestpass(
  kind: DatabaseKind,
  { directory, smtpPort, programs, nodeOptions = [] }: Setting,
  instances: number,
): Promise<RunningSystem> {
  const ports = await Promise.all(Array.from({ length: instances }, freePort));
  const [port] = ports;
  const issuer = `http://127.0.0.1:${port}`;
  const database = await createDatabase(kind, directory);
  const env = {
    GUESTPASS_MODE: "production",
    GUESTPASS_ISSUER: issuer,
    GUESTPASS_HOST: "127.0.0.1",
    GUESTPASS_PORT: String(port),
    GUESTPASS_DATA_DIR: directory,
    GUESTPASS_SECRET: randomBytes(32).toString("base64url"),
    GUESTPASS_DATABASE_URL: database.url,
    GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    GUESTPASS_MAIL_FROM: "Bench <bench@localhost>",
    // Each guest of the load comes from a network of its own, as a proxy would report it.
    GUESTPASS_TRUSTED_PROXIES: "127.0.0.1",
    // Returning guests return at once, and there are more of them than in a quarter of an hour elsewhere. As many counters as by default.
    GUESTPASS_LIMIT_CODES_PER_ADDRESS: "1000000/30s,1000000/15m,1000000/1d",
    GUESTPASS_LIMIT_CODES_PER_APPLICATION: "1000000/15m",
    GUESTPASS_LIMIT_CODES_TOTAL: "1000000/15m",
    GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "1000000/1h,1000000/1d",
  };
  try {
    const target = { ...register(programs.guestpass, env), issuer, redirectUri, ports };
    const args = [...nodeOptions, programs.guestpass, "serve"];
    const others = ports
      .slice(1)
      .map((other) => startService(args, { log: join(directory, "server.log"), env: { ...env, GUESTPASS_PORT: String(other) } }));
    const running = await start(args, env, directory, target, database);
    const stopAll = async () => {
      await Promise.all(others.map(stop));
      await running.stop();
    };
    return { ...running, stop: stopAll };
  } catch (error) {
    await database.remove();
    throw error;
  }
}

function register(cli: string, env: Record<string, string>): { clientId: string; clientSecret: string } {
  const options = ["--redirect-uri", redirectUri, "--id-token-alg", "ES256", "--admission", "anyone", "--first-party", "--json"];
  const run = (...args: string[]) => execFileSync(process.execPath, [cli, ...args], { env: { ...process.env, ...env }, encoding: "utf8" });
  run("migrate");
  const printed = run("app", "add", "Bench", ...options);
  const { client_id: clientId, client_secret: clientSecret } = JSON.parse(printed) as { client_id: string; client_secret: string };
  return { clientId, clientSecret };
}

async function start(
  args: string[],
  env: Record<string, string>,
  directory: string,
  target: Target,
  database: Omit<ScratchDatabase, "url">,
): Promise<RunningSystem> {
  const log = join(directory, "server.log");
  const began = performance.now();
  const process = startService(args, { log, env });
  const startedIn = await firstAnswer(`${target.issuer}/.well-known/openid-configuration`, began, process).catch((error: unknown) => {
    console.error(readFileSync(log, "utf8").slice(-4000));
    throw error;
  });
  return {
    process,
    target,
    startedIn,
    database,
    settings: env,
    stop: async () => {
      await stop(process);
      await database.remove();
    },
  };
}
