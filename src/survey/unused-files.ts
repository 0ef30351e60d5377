import { basename, dirname, join } from "node:path";
import { isRemote } from "../domain/backup-place.ts";
import { beganAt } from "../domain/schedule.ts";
import { several } from "../domain/units.ts";
import type { Unused } from "../domain/unused.ts";
import type { World } from "../host/world.ts";
import { surveyNotes } from "./backups.ts";
import type { Stock } from "./unused.ts";

/** The home's own files that nothing refers to. */
export async function surveyUnusedFiles(world: World, stock: Stock): Promise<readonly Unused[]> {
  return [
    ...(await attic(world, stock)),
    ...(await pristine(world, stock)),
    ...(await staging(world, stock)),
    ...(await incoming(world, stock)),
    ...(await prepared(world, stock)),
    ...(await notes(world, stock)),
  ];
}

const known = ({ records, removed }: Stock) => [...records, ...removed.map(({ record }) => record)];
const isUnfinished = ({ operations }: Stock, id: string): boolean =>
  operations.some(({ plan, outcome }) => plan.id === id && outcome === "unfinished");

const sizeOf = async ({ files }: Pick<World, "files">, path: string): Promise<number> =>
  Buffer.byteLength((await files.read(path)) ?? "");

/** What a version of a file is named by; its first digits tell it from the others. */
const DIGEST = /^([0-9a-f]{12})[0-9a-f]{52}$/;

/** Versions of files that no history of an instance names, and histories of instances that are gone. Without any history nobody knows, and all stays. */
async function attic(world: World, stock: Stock): Promise<readonly Unused[]> {
  const { files } = world;
  const { home } = stock;
  const living = new Set(known(stock).map(({ origin }) => `${origin.operation}.json`));
  const histories = await files.list(home.histories());
  const dead = histories.filter(name => beganAt(name) !== null && name.endsWith(".json") && !living.has(name));
  const texts: string[] = [];
  for (const name of histories) if (!dead.includes(name)) texts.push((await files.read(join(home.histories(), name))) ?? "");
  const found: Unused[] = [];
  const add = async (what: "attic" | "history", path: string, why: string) =>
    found.push({ what, name: basename(path).replace(DIGEST, "$1"), sizeBytes: await sizeOf(world, path), why, paths: [path] });
  for (const name of dead) await add("history", join(home.histories(), name), "of an instance that this home has no more");
  for (const name of histories.length === 0 ? [] : await files.list(home.attic())) {
    if (!DIGEST.test(name) || texts.some(text => text.includes(name))) continue;
    await add("attic", join(home.attic(), name), "no history of an instance names it");
  }
  return found;
}

/** The vendor's files of cuts of which there is no instance. */
async function pristine(world: World, stock: Stock): Promise<readonly Unused[]> {
  const used = new Set(known(stock).map(record => record.pristine));
  const found: Unused[] = [];
  for (const name of await world.files.list(stock.home.allPristine())) {
    const path = join(stock.home.allPristine(), name);
    if (used.has(path)) continue;
    const sizeBytes = await world.room.treeBytes(path, null);
    found.push({ what: "pristine", name, sizeBytes, why: "no instance is of this cut of the release", paths: [path] });
  }
  return found;
}

/** Of backups that are not where they were made: only who knows that their disk is not away can say that they are gone. */
async function notes(world: World, { home }: Stock): Promise<readonly Unused[]> {
  const gone = new Map<string, number[]>();
  for (const { sequence, path } of await surveyNotes(world, home)) {
    if (isRemote(path) || (await world.files.exists(path))) continue;
    gone.set(dirname(path), [...(gone.get(dirname(path)) ?? []), sequence]);
  }
  const found: Unused[] = [];
  for (const [name, numbers] of gone) {
    const paths = numbers.map(each => home.backupNote(each));
    let sizeBytes = 0;
    for (const path of paths) sizeBytes += await sizeOf(world, path);
    const why = `tells of ${several(numbers.length, "backup")} there (${numbers.join(", ")}): gone, or the disk is not mounted`;
    found.push({ what: "note", name, sizeBytes, why, paths });
  }
  return found;
}

/** Folders of instances that were being made. */
async function staging(world: World, stock: Stock): Promise<readonly Unused[]> {
  const { home, helperImage } = stock;
  const found: Unused[] = [];
  for (const name of await world.files.list(home.releases())) {
    const operation = /^\.staging-(.+?)(?:\.part)?$/.exec(name)?.[1];
    if (operation === undefined || beganAt(operation) === null || isUnfinished(stock, operation)) continue;
    const path = join(home.releases(), name);
    const sizeBytes = await world.room.treeBytes(path, helperImage);
    found.push({ what: "leftover", name, sizeBytes, why: "of an operation that is over", paths: [path] });
  }
  return found;
}

/** A move may be prepared for days, and nothing here tells that it still is. */
const MOVE_OVER_MS = 14 * 86_400_000;

/** What another machine sent for a move that never came. */
async function incoming(world: World, stock: Stock): Promise<readonly Unused[]> {
  const found: Unused[] = [];
  for (const name of await world.files.list(stock.home.allIncoming())) {
    const move = name.replace(/^\.?(.+?)\.(?:tar|ahead).*$/, "$1");
    const began = beganAt(move);
    if (began === null || world.now().getTime() - Date.parse(began) < MOVE_OVER_MS) continue;
    const path = join(stock.home.allIncoming(), name);
    const sizeBytes = await world.room.treeBytes(path, null);
    found.push({
      what: "leftover",
      name,
      sizeBytes,
      why: "sent for a move that was begun more than two weeks ago",
      paths: [path],
    });
  }
  return found;
}

/** Notes of images that were loaded ahead of an update that has been made since. */
async function prepared(world: World, stock: Stock): Promise<readonly Unused[]> {
  const cuts = new Set(known(stock).map(record => basename(record.pristine)));
  const found: Unused[] = [];
  for (const name of await world.files.list(stock.home.own())) {
    const cut = /^prepared-(.+)\.json$/.exec(name)?.[1];
    if (cut === undefined || !cuts.has(cut)) continue;
    const path = join(stock.home.own(), name);
    found.push({ what: "leftover", name, sizeBytes: await sizeOf(world, path), why: "its update has been made", paths: [path] });
  }
  return found;
}
