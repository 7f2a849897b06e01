// A process: the load. It is told what to do round by round and answers how long each sign-in took.
import { Codes } from "./codes.ts";
import { SpreadAgent } from "./spread-agent.ts";
import { type Target, Visitor } from "./visitor.ts";

/** `new`: addresses that nobody has seen. `returning`: those of the round before, other browsers. `silent`: with the sessions of the round before. */
export interface Round {
  guests: "new" | "returning" | "silent";
  signIns: number;
  atOnce: number;
  /** Milliseconds that a guest takes to type the address, and again to find the code. */
  pause?: number;
}

export interface RoundResult {
  /** Of each sign-in. */
  milliseconds: number[];
  seconds: number;
  /** HTTP requests of one sign-in: the browser's and the application's. */
  requests: number;
}

const [codesPort, target] = [Number(process.argv[2]), JSON.parse(process.argv[3] as string) as Target];
const codes = await Codes.connect(codesPort);
const agent = new SpreadAgent(target.ports ?? [Number(new URL(target.issuer).port)]);

/** The floor's own memory adapter forgets older ones. */
const sessionsKept = 50;

interface Guest {
  address: string;
  visitor: Visitor;
}

let guests: Guest[] = [];
let made = 0;

process.on("disconnect", () => process.exit());
process.on("message", (round: Round) => {
  run(round).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function run({ guests: kind, signIns, atOnce, pause = 0 }: Round): Promise<RoundResult> {
  const invited = Array.from({ length: signIns }, (_, index) => invite(kind, index));
  const milliseconds: number[] = [];
  const queue = [...invited];
  const began = performance.now();
  const worker = async () => {
    for (let guest = queue.shift(); guest; guest = queue.shift()) {
      const start = performance.now();
      await (kind === "silent" ? guest.visitor.signInSilently(guest.address) : guest.visitor.signIn(guest.address, codes, pause));
      milliseconds.push(performance.now() - start);
    }
  };
  const before = invited[0]?.visitor.requests ?? 0;
  await Promise.all(Array.from({ length: atOnce }, worker));
  guests = invited;
  return { milliseconds, seconds: (performance.now() - began) / 1000, requests: (invited[0]?.visitor.requests ?? 0) - before };
}

function invite(kind: Round["guests"], index: number): Guest {
  if (kind === "silent") return guests.at(-1 - (index % Math.min(sessionsKept, guests.length))) as Guest;
  const known = kind === "returning" ? guests[index] : undefined;
  return { address: known?.address ?? `guest-${++made}@example.com`, visitor: new Visitor(target, agent) };
}
