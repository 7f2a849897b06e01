// A clock that can be moved. oidc-provider and the client libraries read Date, so it moves that, for the whole process.
const RealDate = Date;
let offset = 0;

class MovedDate extends RealDate {
  constructor(...values: [] | [number | string | Date]) {
    if (values.length === 0) super(RealDate.now() + offset);
    else super(...(values as [number]));
  }
  static override now(): number {
    return RealDate.now() + offset;
  }
}

export interface Span {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
}

export const testClock = {
  now: () => MovedDate.now(),
  advance({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Span): void {
    globalThis.Date = MovedDate as DateConstructor;
    offset += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  },
  /** Back to the real time. */
  reset(): void {
    globalThis.Date = RealDate;
    offset = 0;
  },
};
