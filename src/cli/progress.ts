/** Shows the progress of something that takes long. */
export type Progress = (done: number, total: number) => void;

const width = 40;

/** A bar on standard error; nothing if that is not a terminal or there is little to do. */
export function progressBar(stream: NodeJS.WriteStream = process.stderr): Progress {
  let drawn = -1;
  return (done, total) => {
    const percent = Math.floor((done / total) * 100);
    if (!stream.isTTY || total < 20 || percent === drawn) return;
    drawn = percent;
    const full = Math.floor((done / total) * width);
    stream.write(`\r[${"#".repeat(full)}${"-".repeat(width - full)}] ${done}/${total}${done === total ? "\n" : ""}`);
  };
}
