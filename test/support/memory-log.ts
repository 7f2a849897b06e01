import { createLog, type Logger } from "../../src/log.ts";

/** The log of the product, kept in memory: one JSON text a line. */
export function memoryLog(level = "trace"): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog(level, { write: (line) => void lines.push(line) }), lines };
}
