import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeEntries } from "../../../src/plan/journal.ts";
import type { TestHome } from "./cli.ts";

/** The columns of docs/reliability.md, in their order. */
export const PHASES = [
  "prepare, lay out",
  "dump or copy",
  "restore, proof",
  "start inside",
  "front",
  "after the commit",
] as const;
export type Phase = (typeof PHASES)[number];

interface Steps {
  readonly steps: readonly { readonly kind: string }[];
}

/** For every step of an update, which phase it belongs to. */
function phasesOf({ steps }: Steps): readonly Phase[] {
  const first = (kind: string) => {
    const at = steps.findIndex(step => step.kind === kind);
    return at < 0 ? steps.length : at;
  };
  const ahead = first("database.catch-up");
  const isAhead = ahead < steps.length;
  const [window, restore, baseline, page, commit] = [
    first("instance.quiet"),
    isAhead ? ahead : first("database.restore"),
    first("data.baseline"),
    first("maintenance.down"),
    first("update.commit"),
  ];
  // Before a restore in the window its Postgres is started and waited for.
  const launch = restore === steps.length ? first("instance.launch") : restore - (isAhead ? 0 : 2);
  return steps.map((_, index): Phase => {
    if (index > commit) return "after the commit";
    if (index >= Math.min(page, first("front.open"))) return "front";
    if (index > restore && restore < baseline) return "start inside";
    if (index >= launch) return restore === steps.length ? "start inside" : "restore, proof";
    return index >= window ? "dump or copy" : "prepare, lay out";
  });
}

const noneKnown: ReadonlySet<string> = new Set();

/** @param known operations that were there before */
async function newestUpdate(home: TestHome, known = noneKnown): Promise<string | undefined> {
  const folder = join(home.path, ".graph-mgr/operations");
  const own = (await readdir(folder).catch(() => [])).filter(name => name.includes("-update-")).sort();
  const newest = own.at(-1);
  return newest === undefined || known.has(newest) ? undefined : join(folder, newest);
}

/** The phase of every entry of the newest update's journal. */
async function entryPhases(home: TestHome, known = noneKnown): Promise<readonly Phase[]> {
  const folder = await newestUpdate(home, known);
  if (folder === undefined) return [];
  const plan = JSON.parse(await readFile(join(folder, "plan.json"), "utf8").catch(() => '{"steps":[]}')) as Steps;
  const phases = phasesOf(plan);
  const { entries } = decodeEntries(await readFile(join(folder, "journal.jsonl"), "utf8").catch(() => ""));
  return entries.map(entry => {
    if (entry.type === "closing" || entry.type === "closed") return "after the commit";
    return entry.type === "opened" ? "prepare, lay out" : (phases[entry.step] ?? "prepare, lay out");
  });
}

/** Where the update is that is under way. Before its first step, while it is planned, it counts as preparing. */
export const phaseNow = async (home: TestHome, known: ReadonlySet<string>): Promise<Phase> =>
  (await entryPhases(home, known)).at(-1) ?? "prepare, lay out";

/** Moments of an update that was counted and ran to its end, by phase: at its journal, and around the programs that it starts within steps. */
export async function momentsOf(
  home: TestHome,
  entriesAtCommand: readonly number[],
): Promise<ReadonlyMap<Phase, readonly string[]>> {
  const phases = await entryPhases(home);
  const moments = new Map<Phase, string[]>(PHASES.map(phase => [phase, []]));
  for (const [index, phase] of phases.entries())
    moments.get(phase)?.push(`journal:${index + 1}:before`, `journal:${index + 1}:after`);
  for (const [index, entries] of entriesAtCommand.entries()) {
    const phase = phases[entries - 1];
    const program = 1 + index - entriesAtCommand.indexOf(entries);
    if (phase !== undefined)
      moments.get(phase)?.push(`within:${entries}.${program}:before`, `within:${entries}.${program}:after`);
  }
  return moments;
}

/** The entry of the journal that says that the first step of this kind is done, counted from 1; 0 where there is none. */
export async function doneEntry(home: TestHome, kind: string): Promise<number> {
  const folder = await newestUpdate(home);
  if (folder === undefined) throw new Error("there was no update");
  const { steps } = JSON.parse(await readFile(join(folder, "plan.json"), "utf8")) as Steps;
  const { entries } = decodeEntries(await readFile(join(folder, "journal.jsonl"), "utf8"));
  return 1 + entries.findIndex(entry => entry.type === "done" && steps[entry.step]?.kind === kind);
}
