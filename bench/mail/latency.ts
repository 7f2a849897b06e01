// How long after the guest's click the mail server has the mail, on a server that has nothing else to do.
import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { freePort, startScript, stop } from "../processes.ts";
import { Codes } from "../sign-in/codes.ts";
import { startSystem } from "../sign-in/servers.ts";
import { Visitor } from "../sign-in/visitor.ts";
import { median } from "../statistics.ts";
import type { MailSetting, MailSystem } from "./throughput.ts";

const warmUp = 30;
/** Milliseconds between two guests: the server is idle when each of them clicks. */
const pause = 20;

/** @returns milliseconds, the median of the clicks */
export async function measureLatency(system: MailSystem, setting: MailSetting, clicks: number): Promise<number> {
  const codes = await Codes.connect(setting.codesPort);
  const { click, end } = system === "raw" ? await rawSender(setting, codes) : await guestpass(system, setting, codes);
  try {
    const measured: number[] = [];
    for (let made = 0; made < warmUp + clicks; made++) {
      await wait(pause);
      measured.push(await click(`click-${made}@example.com`));
    }
    return median(measured.slice(warmUp));
  } finally {
    codes.close();
    await end();
  }
}

interface Clicker {
  /** @returns milliseconds from the click until the mail server had accepted the mail */
  click(address: string): Promise<number>;
  end(): Promise<void>;
}

async function guestpass(system: Exclude<MailSystem, "raw">, setting: MailSetting, codes: Codes): Promise<Clicker> {
  const running = await startSystem(system, setting);
  const agent = new Agent({ keepAlive: true });
  return {
    click: (address) => new Visitor(running.target, agent).askForCode(address, codes),
    end: async () => {
      agent.destroy();
      await running.stop();
    },
  };
}

/** The least that a web server can do: it accepts the request and hands the mail to nodemailer. */
async function rawSender({ smtpPort }: MailSetting, codes: Codes): Promise<Clicker> {
  const port = await freePort();
  const sender = startScript(new URL("./raw-sender.ts", import.meta.url), [`smtp://127.0.0.1:${smtpPort}`, String(port)]);
  const agent = new Agent({ keepAlive: true });
  await once(sender, "message");
  return {
    click: async (address) => {
      const accepted = codes.next(address).then(() => performance.now());
      const began = performance.now();
      await new Promise<void>((resolve, reject) => {
        const post = request({ method: "POST", port, host: "127.0.0.1", path: `/${address}`, agent }, (answer) => {
          answer.resume().once("end", resolve);
        });
        post.on("error", reject).end();
      });
      return (await accepted) - began;
    },
    end: async () => {
      agent.destroy();
      await stop(sender);
    },
  };
}
