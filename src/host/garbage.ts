import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So much may lie about. */
const MOST_BYTES = 12 * 2 ** 20;

type Collect = (how: { readonly type: "minor" }) => void;

let collect: Collect | null = null;
let bytes = 0;

/**
 * Says that so much of a stream lies in memory that nobody needs any more. V8 by itself lets three times as much lie about, and takes it for a heap that grows:
 * it marks all of that beside the work, twenty times a second, which took a third of the time of a backup. What is young is found in half a millisecond.
 */
export function discarded(count: number): void {
  bytes += count;
  if (bytes < MOST_BYTES) return;
  bytes = 0;
  collect ??= collector();
  collect({ type: "minor" });
}

/** Node has it for whoever asks for it by a flag, also later. Nothing is marked in small steps from then on, whose pauses hurt nobody here. */
function collector(): Collect {
  setFlagsFromString("--no-incremental-marking");
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}
