import { type App, createApp } from "../app.ts";
import { readConfig } from "../config.ts";
import { createLog } from "../log.ts";

/** Opens what the server would open, quietly, runs the work and lets go. */
export async function withApp<T>(work: (app: App) => Promise<T>): Promise<T> {
  process.stdout.on("error", ignoreClosedPipe);
  const app = await createApp(readConfig(), { log: createLog("silent") });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** Whoever read has read enough, as `| head` does: what is under way is still finished. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
