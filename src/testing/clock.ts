// A clock that can be moved. oidc-provider and the client libraries read Date, so it moves that, for the whole process.
const RealDate = Date;
let offset = 0;
let held: number | undefined;

/** It is Date in everything but the time: a date made before the clock moved, or by Node.js itself, is still an instance of it. */
const MovedDate = new Proxy(RealDate, {
  construct: (date, values: unknown[], made) => Reflect.construct(date, values.length === 0 ? [movedNow()] : values, made) as Date,
  apply: () => new RealDate(movedNow()).toString(),
  get: (date, name) => (name === "now" ? movedNow : (Reflect.get(date, name) as unknown)),
});

function movedNow(): number {
  return (held ?? RealDate.now()) + offset;
}

export interface Span {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
}

export const testClock = {
  now: movedNow,
  advance({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Span): void {
    globalThis.Date = MovedDate;
    offset += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  },
  /** Stops the time: from now on only `advance` moves it. For tests that must be exact to the second. */
  hold(): void {
    globalThis.Date = MovedDate;
    held ??= RealDate.now();
  },
  /** Back to the real time. */
  reset(): void {
    globalThis.Date = RealDate;
    held = undefined;
    offset = 0;
  },
};
