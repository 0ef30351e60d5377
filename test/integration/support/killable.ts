import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import type { Result, TestHome } from "./cli.ts";
import { must } from "./faults.ts";

/** The program as it ships, with the kill hook (rolldown.faults.config.js). */
const KILLABLE = resolve(import.meta.dirname, "../../../dist-test/graph-mgr.js");

export interface Cut extends Result {
  readonly wasKilled: boolean;
  readonly tookMs: number;
}

/** Runs the killable build. `point` is what its hook takes; a number kills it from outside, after so many milliseconds. */
export async function cut(home: TestHome, point: string | number, ...args: readonly string[]): Promise<Cut> {
  const begun = performance.now();
  const child = execa(process.execPath, [KILLABLE, ...args, "--home", home.path], {
    reject: false,
    stdin: "ignore",
    env: { GRAPH_MGR_HOME: "", GRAPH_MGR_TEST_KILL: typeof point === "string" ? point : "" },
  });
  const timer = typeof point === "number" ? setTimeout(() => child.kill("SIGKILL"), point) : undefined;
  const { exitCode, signal, stdout, stderr } = await child;
  clearTimeout(timer);
  return { code: exitCode ?? -1, wasKilled: signal === "SIGKILL", stdout, stderr, tookMs: performance.now() - begun };
}

/** How many moments of each kind a run has, told by the hook. */
export function countsIn({ stderr }: Result): Counts {
  return JSON.parse(/^killable: (.*)$/m.exec(stderr)?.[1] ?? "null") as Counts;
}
export interface Counts {
  readonly journal: number;
  readonly command: number;
  /** For each program in its order: how many entries the journal had. */
  readonly entriesAtCommand: readonly number[];
}

/**
 * Runs the killable build until it stands still at a point (see its hook), lets something happen, and lets it go on to its end.
 * @throws when it ends without having come to the point
 */
export async function interrupted(
  home: TestHome,
  point: string,
  args: readonly string[],
  strike: (pid: number) => Promise<void>,
): Promise<Cut> {
  const begun = performance.now();
  const child = execa(process.execPath, [KILLABLE, ...args, "--home", home.path], {
    reject: false,
    stdin: "ignore",
    env: { GRAPH_MGR_HOME: "", GRAPH_MGR_TEST_KILL: `${point}:pause` },
  });
  const pid = child.pid ?? 0;
  let ended = false;
  void child.then(() => {
    ended = true;
  });
  const isStanding = async () => /\) T /.test(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
  while (!ended && !(await isStanding())) await pause(20);
  const wasReached = !ended;
  try {
    if (wasReached) await strike(pid);
  } finally {
    child.kill("SIGCONT");
  }
  const { exitCode, signal, stdout, stderr } = await child;
  const result = { code: exitCode ?? -1, wasKilled: signal === "SIGKILL", stdout, stderr, tookMs: performance.now() - begun };
  must(wasReached, `it ended before it came to ${point}`, result);
  return result;
}
