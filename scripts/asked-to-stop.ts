/** Runs the work once, however often this process is asked to stop: Ctrl-C comes from the terminal, and again from npm. */
export function onceAskedToStop(stop: () => void | Promise<void>): void {
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    void stop();
  };
  process.on("SIGINT", ask).on("SIGTERM", ask);
  // A signal to npm alone ends the shell that npm started this process with, and goes no further.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && ask(), 500).unref();
}
