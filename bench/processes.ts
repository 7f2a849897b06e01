// Processes under measurement: started fresh, asked by message, read through /proc (Linux), stopped by their own id.
import { type ChildProcess, type Serializable, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** A script in a process of its own, with a channel for messages. */
export function startScript(script: URL, args: string[] = []): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

/** Starts node with its output in a file, as a service would run. */
export function startService(args: string[], { log, env = {} }: { log: string; env?: Record<string, string> }): ChildProcess {
  const output = openSync(log, "a");
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", output, output, "ipc"],
    env: { ...process.env, ...env },
  });
  closeSync(output);
  return child;
}

/** Sends a message and waits for the next one that comes back. */
export async function ask<T>(child: ChildProcess, message: Serializable): Promise<T> {
  const gone = new AbortController();
  const died = once(child, "exit", gone).then(([code]) => Promise.reject(new Error(`process ${child.pid} ended with ${String(code)}`)));
  try {
    child.send(message);
    const [answer] = await Promise.race([once(child, "message", gone), died]);
    return answer as T;
  } finally {
    gone.abort();
    died.catch(() => undefined);
  }
}

/** Asks the process to end and waits until it has. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const force = setTimeout(() => child.kill("SIGKILL"), 15_000);
  child.kill("SIGTERM");
  await once(child, "exit");
  clearTimeout(force);
}

const ticksPerSecond = 100;

/** CPU time, user and system, that the processes have used (milliseconds). One that is not of this machine or has ended counts nothing. */
export function cpuOf(pids: number[]): number {
  return pids.map(cpuOfOne).reduce((sum, ms) => sum + ms, 0);
}

function cpuOfOne(pid: number): number {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return 0;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Resident memory (MiB). */
export function memoryOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) / 1024;
}

/** Waits for the first 200. @returns milliseconds since `since` (performance.now()) */
export async function firstAnswer(url: string, since: number, child: ChildProcess): Promise<number> {
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`process ${child.pid} ended with ${child.exitCode} before it answered`);
    if (performance.now() - since > 60_000) throw new Error(`no answer from ${url} in a minute`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - since;
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
