import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So much may lie about. */
const MOST_BYTES = 4 * 2 ** 20;

type Collect = (how: { readonly type: "minor" }) => void;

let collect: Collect | null = null;
let bytes = 0;

/**
 * Says that so much of a stream lies in memory that nobody needs any more. V8 by itself lets tens of MiB of it lie about, and takes them for a heap that grows: then
 * it marks all that lives, forty times a second, which took a third of the time of a backup. What is young is found in half a millisecond.
 */
export function discarded(count: number): void {
  bytes += count;
  if (bytes < MOST_BYTES) return;
  bytes = 0;
  collect ??= collector();
  collect({ type: "minor" });
}

/** Node has it for whoever asks for it by a flag, also later. */
function collector(): Collect {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}
