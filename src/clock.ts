/** The source of time. Everything that depends on time is passed a Clock; nothing else reads the time (scripts/lint/time.grit). */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds that only move forward, for measuring how long something takes in this process. Setting the clock does not change them. */
export const elapsed = (): number => performance.now();

/**
 * How far (milliseconds) the clocks of two instances may be apart. A stored moment further in the future than its kind
 * allows was stored by a clock that was ahead, and is not believed.
 */
export const skew = 2000;

/** The same for what grants access (proofs, codes, tokens): a clock that is a little wrong locks nobody out. */
export const skewOfAccess = 5 * 60_000;

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
