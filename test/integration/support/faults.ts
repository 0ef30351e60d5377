import { createHash } from "node:crypto";
import { appendFile, lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { below, seeded } from "../../simulator/random.ts";
import { docker, type Result, type TestHome } from "./cli.ts";

/** All of the faults, or a sample of them that fits into `npm test`. */
export const isFull = process.env.FAULTS === "full";
/** Which of how many parts of the trials this run does; all parts with one seed are the whole. */
const [part, parts] = (process.env.FAULTS_PART ?? "1/1").split("/").map(Number) as [number, number];
/** How many: for `npm test`, for FAULTS=sample (two hours for everything), and for all. */
export const amount = (few: number, some: number, all: number): number =>
  isFull ? all : process.env.FAULTS === "sample" ? some : few;
export const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A stream of its own for each test, so that one test can be repeated alone. */
export const randomFor = (name: string): (() => number) =>
  seeded(seed ^ createHash("sha256").update(name).digest().readInt32BE(0));
export const pick = <T>(random: () => number, from: readonly T[]): T => from[below(random, from.length)]!;
/** `count` of them in their order, or all. */
export function sample<T>(random: () => number, from: readonly T[], count: number): readonly T[] {
  const left = [...from.keys()];
  while (left.length > count) left.splice(below(random, left.length), 1);
  return left.map(index => from[index]!);
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter(line => line !== "");

/** Everything on the engine and among the processes that has to do with an instance. */
export async function tracesOf(home: TestHome, slug: string): Promise<readonly string[]> {
  const isOurs = (line: string) => line.includes(slug);
  const label = `com.docker.compose.project`;
  const [containers, volumes, networks, tags, helpers] = await Promise.all([
    docker("ps", "-a", "--format", `{{.Names}} {{.Label "${label}"}}`),
    docker("volume", "ls", "--format", `{{.Name}} {{.Label "${label}"}}`),
    docker("network", "ls", "--format", `{{.Name}} {{.Label "${label}"}}`),
    docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `reference=graph-mgr/${slug}/*`),
    helpersOf(home),
  ]);
  return [
    ...linesOf(containers)
      .filter(isOurs)
      .map(line => `container ${line}`),
    ...linesOf(volumes)
      .filter(isOurs)
      .map(line => `volume ${line}`),
    ...linesOf(networks)
      .filter(isOurs)
      .map(line => `network ${line}`),
    ...linesOf(tags).map(line => `image ${line}`),
    ...helpers.map(name => `helper ${name}`),
  ]; // prettier-ignore
}

export const helpersOf = async (home: TestHome): Promise<readonly string[]> =>
  linesOf(
    await docker(
      "ps",
      "-a",
      "--format",
      "{{.Names}}",
      "--filter",
      "label=graph-mgr.helper",
      "--filter",
      `label=graph-mgr.home=${home.path}`,
    ),
  );

/** Command lines that name the home or the instance: children that outlived their graph-mgr. */
async function childrenOf(home: TestHome, slug: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter(name => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    // Ours has the home in its arguments; a lock's holder ends by its closed input.
    const isDocker = words.some(word => /(^|\/)docker(-compose)?$/.test(word));
    if (isDocker && words.some(word => word.includes(home.path) || word.includes(slug))) found.push(`${pid} ${words.join(" ")}`);
  }
  return found;
}

/** No child goes on working for a dead graph-mgr. @throws with the command lines that are still there after five seconds */
export async function childrenGone(home: TestHome, slug: string): Promise<void> {
  for (let left = 50; ; left--) {
    const children = await childrenOf(home, slug);
    if (children.length === 0) return;
    if (left === 0) throw new Error(`still at work for a graph-mgr that is dead:\n${children.join("\n")}`);
    await pause(100);
  }
}

/** A record that was rewritten with its keys in another order says the same. */
const canonical = (json: string): string =>
  JSON.stringify(JSON.parse(json), (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** Path, type, mode and content of everything in a folder; what `isLeftOut` says is not looked at. */
export async function photograph(folder: string, isLeftOut: (path: string) => boolean = () => false): Promise<readonly string[]> {
  const seen: string[] = [];
  const walk = async (relative: string): Promise<void> => {
    for (const name of (await readdir(join(folder, relative)).catch(() => [])).sort()) {
      const path = relative === "" ? name : `${relative}/${name}`;
      if (isLeftOut(path)) continue;
      const full = join(folder, path);
      const stat = await lstat(full).catch(() => null);
      if (stat === null) continue;
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isDirectory()) {
        seen.push(`${path}/ ${mode}`);
        await walk(path);
      } else if (stat.isSymbolicLink()) seen.push(`${path} -> ${await readlink(full)}`);
      else if (stat.isFile())
        seen.push(
          `${path} ${mode} ${stat.uid} ${createHash("sha256")
            .update(path.endsWith(".json") ? canonical(await readFile(full, "utf8")) : await readFile(full))
            .digest("hex")}`,
        );
      else seen.push(`${path} special ${mode}`);
    }
  };
  await walk("");
  return seen;
}

/** A home without what operations write about themselves, and without the empty folders that any operation makes. */
export const photographHome = async (home: TestHome): Promise<readonly string[]> =>
  (
    await photograph(home.path, path => path === ".graph-mgr/operations" || path === ".graph-mgr/lock" || path === "lost+found")
  ).filter(line => !/^(releases|\.graph-mgr(\/(instances|pristine|attic|removed))?)\/ /.test(line));

/** Waits, for a little while only, until a killed run's lock is free, as an operator does who types the next command. */
export async function next(home: TestHome, ...args: readonly string[]): Promise<Result> {
  for (let left = 20; ; left--) {
    const result = await home.run(...args);
    if (result.code !== 6 || left === 0) return result;
    await pause(100);
  }
}

/** It had come to its other end before it was cut off, and was only to be closed. That is no success of what was asked for, and says so. */
export const wasOver = ({ code, stderr }: Result): boolean =>
  (code === 3 && stderr.includes("was done when it was cut off")) ||
  (code === 5 && stderr.includes("had been undone when it was cut off"));

export interface Outcome {
  readonly id: string;
  readonly outcome: "planned" | "unfinished" | "done" | "undone";
}
export const outcomes = async (home: TestHome): Promise<readonly Outcome[]> =>
  (await home.json<{ readonly operations: readonly Outcome[] }>("operations")).operations;

/** Runs the trials of this part and fails with what every failed one said, each with what it takes to see it again. Counts go to the report. */
export async function runTrials<T>(
  fault: string,
  operation: string,
  all: readonly T[],
  each: (trial: T, note: (phase: string) => void) => Promise<void>,
  mend: () => Promise<void>,
): Promise<void> {
  must(all.length > 0, `there is no moment at which ${fault} could meet ${operation}`);
  const trials = all.filter((_, index) => index % parts === part - 1);
  const failures: string[] = [];
  console.log(`${fault}, ${operation}: ${trials.length} of ${all.length} trials, seed ${seed}`);
  for (const trial of trials) {
    const begun = performance.now();
    let phase = "";
    // At once: a run that is cut off after hours leaves what it found.
    const count = async (failed: number) => {
      const file = process.env.FAULTS_RESULTS;
      if (file) await appendFile(file, `${JSON.stringify({ fault, operation, phase, trials: 1, failed, seed })}\n`);
    };
    try {
      await each(trial, where => {
        phase = where;
      });
      await count(0);
    } catch (error) {
      await count(1);
      const failure = `${JSON.stringify(trial)}: ${error instanceof Error ? error.message : String(error)}`;
      failures.push(failure);
      console.error(`failed after ${Math.round((performance.now() - begun) / 1000)} s, ${phase}: ${failure}`);
      await mend();
    }
  }
  if (failures.length > 0)
    throw new Error(`${failures.length} of ${trials.length} failed (FAULTS_SEED=${seed}):\n${failures.join("\n\n")}`);
}

export function must(condition: boolean, what: string, result?: Result): void {
  if (!condition) throw new Error(result ? `${what}\nexit ${result.code}\n${result.stdout}\n${result.stderr}` : what);
}

export function mustBeEqual(now: readonly string[], before: readonly string[], what: string): void {
  const [more, less] = [now.filter(line => !before.includes(line)), before.filter(line => !now.includes(line))];
  if (more.length + less.length > 0)
    throw new Error(`${what}:\n${[...more.map(line => `+ ${line}`), ...less.map(line => `- ${line}`)].join("\n")}`);
}
