import type { MergedEnv } from "./merge-env-files.ts";
import { follow } from "./merge-env-follow.ts";
import { writeTargets } from "./merge-env-text.ts";
import type { MergeContext } from "./merge-input.ts";
import { type EnvEntry, entriesOf, layered, sameEntry } from "./merge-keys.ts";
import { envOrder } from "./merge-layout.ts";
import type { Conflict, Decision } from "./merge-result.ts";
import { sayings } from "./merge-sayings.ts";

/**
 * What can be seen only when all env files lie over each other: values that repeat a changed one follow it, and what the
 * administrator set must not be overruled by a later file of the new release.
 */
export function settleLayers(merged: MergedEnv, context: MergeContext): MergedEnv {
  return followValues(keepOnTop(merged, context), context);
}

const resultOf = ({ texts }: Pick<MergedEnv, "texts">, { theirs }: MergeContext, path: string): string =>
  texts[path] ?? theirs[path] ?? "";

const oldName = (key: string, { from, entries }: MergeContext): string =>
  `${envOrder(from).findLast(path => entries("mine", path).has(key)) ?? from.settings}:${key}`;

function followValues(merged: MergedEnv, context: MergeContext): MergedEnv {
  const { product, to, from, entries, mask, move, resolution } = context;
  const order = envOrder(to);
  const results = order.map(path => entriesOf(resultOf(merged, context, path), path));
  const shipped = layered(order.map(path => entries("theirs", path)));
  const mine = layered(envOrder(from).map(path => entries("mine", path)));
  const { values, unclear } = follow(product, { shipped, now: layered(results), held: new Set(mine.keys()) });
  const texts: Record<string, string> = { ...merged.texts };
  const conflicts: Conflict[] = [...merged.conflicts];
  const followed: Decision[] = [];
  const isFree = (key: string): boolean => !merged.settled.includes(key) && resolution(oldName(key, context)) === undefined;
  for (const [key, value] of Object.entries(values).filter(([each]) => isFree(each))) {
    const home = order.findLast((_, index) => results[index]?.has(key)) ?? to.settings;
    // The vendor's own files stay as they are where a file for the administrator's settings counts more.
    const file = order.indexOf(to.settings) >= order.indexOf(home) ? (move?.settings ?? to.settings) : home;
    const text = writeTargets({
      canvas: resultOf({ texts }, context, file),
      path: file,
      mine: "",
      base: "",
      targets: new Map([[key, { take: "text", text: value }]]),
    });
    texts[file] = text;
    followed.push({
      file,
      key,
      what: "followed",
      say: sayings(key, { base: undefined, mine: undefined, theirs: undefined }, mask).followed,
    });
  }
  for (const key of unclear.filter(isFree)) {
    const home = order.findLast((_, index) => results[index]?.has(key)) ?? to.settings;
    conflicts.push({
      name: oldName(key, context),
      file: home,
      kind: "key",
      say: `${key} holds a password that several secrets had as their default, and it is not clear which of them it repeats.`,
      mine: mine.has(key) ? "***" : null,
      theirs: "***",
      diff: [],
    });
  }
  // That the vendor changed it as well is not what comes of it.
  const isOvertaken = ({ key, what }: Decision): boolean =>
    (what === "new" || what === "default") && followed.some(each => each.key === key);
  return { ...merged, texts, decisions: [...merged.decisions.filter(each => !isOvertaken(each)), ...followed], conflicts };
}

function keepOnTop(merged: MergedEnv, context: MergeContext): MergedEnv {
  const { to, from, entries, mask, mine: mineTexts, base, resolution } = context;
  const order = envOrder(to);
  const texts: Record<string, string> = { ...merged.texts };
  const conflicts: Conflict[] = [...merged.conflicts];
  const mine = layered(envOrder(from).map(path => entries("mine", path)));
  for (const key of merged.settled) {
    const was = mine.get(key);
    const files = order.map(path => ({ path, entry: entriesOf(resultOf({ texts }, context, path), path).get(key) }));
    const top = files.findLast(({ entry }) => entry !== undefined);
    if (was === undefined || top === undefined || sameEntry(was, top.entry)) continue;
    const name = oldName(key, context);
    if (conflicts.some(conflict => conflict.name === name)) continue;
    const resolved = resolution(name);
    if (resolved === "mine") {
      const targets = new Map([[key, { take: "mine", entry: was }]] as const);
      texts[top.path] = writeTargets({
        canvas: resultOf({ texts }, context, top.path),
        path: top.path,
        mine: mineTexts[from.settings] ?? "",
        base: base[from.settings] ?? "",
        targets,
      });
      continue;
    }
    if (resolved !== undefined) continue;
    const shown = (entry: EnvEntry | undefined): string => mask.value(key, entry?.literal ?? entry?.raw ?? null) ?? "***";
    conflicts.push({
      name,
      file: top.path,
      kind: "key",
      say: `${key} would be overruled by ${top.path} of the new release, which counts more than ${files.find(({ entry }) => sameEntry(entry, was))?.path ?? to.settings}.`,
      mine: shown(was),
      theirs: shown(top.entry),
      diff: [],
    });
  }
  const isSettled = (key: string): boolean =>
    [undefined, "mine"].includes(resolution(oldName(key, context)) as undefined | "mine");
  return { ...merged, texts, conflicts, settled: merged.settled.filter(isSettled) };
}
