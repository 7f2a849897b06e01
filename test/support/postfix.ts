// Debian's Postfix with a configuration, a queue and a port of its own, whatever else runs on the machine. Only root can start it.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./eventually.ts";
import { freePort } from "./guestpass.ts";

interface PostfixSettings {
  /** The mailboxes that it has; it takes mail for every address of their domains, and bounces what is for none of them. */
  mailboxes: string[];
  /** Where mail for a domain goes. */
  transports: Record<string, { port: number }>;
}

/** The programs that a mail needs on its way. */
const services = `
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

export class Postfix {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#process = spawn("/usr/sbin/postfix", ["-c", join(folder, "etc"), "start-fg"], { stdio: "ignore" });
  }

  /** @throws with its log, where it ends instead */
  static async start({ mailboxes, transports }: PostfixSettings): Promise<Postfix> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "guestpass-postfix-"));
    const { uid, gid } = await userOf("postfix");
    // Its programs are somebody else, who has to get here.
    await chmod(folder, 0o755);
    for (const name of ["etc", "queue", "data", "mail"]) await mkdir(join(folder, name));
    for (const name of ["data", "mail"]) await chown(join(folder, name), uid, gid);
    const table = (entries: [string, string][]) => `inline:{ ${entries.map(([key, value]) => `{ ${key} = ${value} }`).join(", ")} }`;
    const configuration = {
      compatibility_level: "3.6",
      queue_directory: join(folder, "queue"),
      data_directory: join(folder, "data"),
      maillog_file: join(folder, "log"),
      maillog_file_prefixes: folder,
      myhostname: "mx.example.com",
      mydestination: "",
      mynetworks: "127.0.0.0/8",
      inet_interfaces: "127.0.0.1",
      inet_protocols: "ipv4",
      smtp_dns_support_level: "disabled",
      smtp_host_lookup: "native",
      // The MTA that takes mail in and finds out later is the one that sends notifications.
      smtpd_reject_unlisted_recipient: "no",
      virtual_mailbox_domains: [...new Set(mailboxes.map((address) => address.split("@")[1]))].join(" "),
      virtual_mailbox_base: join(folder, "mail"),
      virtual_mailbox_maps: table(mailboxes.map((address) => [address, `${address}/`])),
      virtual_uid_maps: `static:${uid}`,
      virtual_gid_maps: `static:${gid}`,
      virtual_minimum_uid: "1",
      transport_maps: table(Object.entries(transports).map(([domain, to]) => [domain, `smtp:[127.0.0.1]:${to.port}`])),
    };
    const lines = Object.entries(configuration).map(([name, value]) => `${name} = ${value}`);
    await writeFile(join(folder, "etc/main.cf"), `${lines.join("\n")}\n`);
    await writeFile(join(folder, "etc/master.cf"), `127.0.0.1:${port} inet n - n - - smtpd${services}`);
    const postfix = new Postfix(port, folder);
    await eventually("Postfix listens", async () => {
      const log = await postfix.log();
      if (postfix.#process.exitCode !== null) throw new Error(`Postfix ended:\n${log}`);
      return log.includes("daemon started");
    });
    return postfix;
  }

  /** What it did, in its own words. */
  log(): Promise<string> {
    return readFile(join(this.#folder, "log"), "utf8").catch(() => "");
  }

  /** Waits for a mail in the mailbox (Maildir). @returns it, as it lies there */
  async delivered(address: string): Promise<string> {
    const folder = join(this.#folder, "mail", address, "new");
    const names = () => readdir(folder).catch(() => []);
    await eventually(`a mail lies in the mailbox ${address}`, async () => (await names()).length > 0);
    return readFile(join(folder, (await names())[0] as string), "latin1");
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    await promisify(execFile)("/usr/sbin/postfix", ["-c", join(this.#folder, "etc"), "stop"]).catch(() => this.#process.kill());
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function userOf(name: string): Promise<{ uid: number; gid: number }> {
  const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
