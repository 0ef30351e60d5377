import { killed, started } from "./containers.ts";
import { below, seeded } from "./random.ts";
import type { Durable, Inode, SimState } from "./state.ts";

type File = Inode & { type: "file" };

/** How much of what was not synced is lost. The first two are the classical ones; all further seeds toss a coin each time. */
export const LOSE_ALL = 0;
const KEEP_NAMES_LOSE_CONTENT = 1;

/**
 * The machine goes off and comes up again. Every name change and every content that was not synced is kept or lost on its
 * own; content that is cut off ends short or in zeros. Then the engine starts what its restart policies tell it to.
 */
export function powerCut(state: SimState, seed: number): void {
  loseUnsynced(state, seed);
  restartEngine(state);
}

/** @returns whether anything was not on the disk */
export function loseUnsynced(state: SimState, seed: number): boolean {
  const random = seeded(seed);
  const keeps = (chanceOfNames: boolean) =>
    seed === LOSE_ALL ? false : seed === KEEP_NAMES_LOSE_CONTENT ? chanceOfNames : random() < 0.5;

  let isChanged = state.pending.length > 0;
  const folders = new Map<number, Map<string, number>>();
  for (const { folder } of state.pending.flat()) {
    const node = state.inodes.get(folder);
    if (node?.type === "folder") folders.set(folder, new Map(node.durable));
  }
  for (const change of state.pending) {
    if (!keeps(true)) continue;
    for (const { folder, name, inode } of change) {
      if (inode === null) folders.get(folder)?.delete(name);
      else folders.get(folder)?.set(name, inode);
    }
  }
  state.pending = [];
  for (const [number, node] of state.inodes) {
    if (node.type === "folder") {
      const entries = folders.get(number);
      if (entries) state.inodes.set(number, { ...node, entries, durable: entries });
    } else if (node.type === "file" && isDirty(node)) {
      isChanged = true;
      const durable = remains(node, keeps(false), random);
      state.inodes.set(number, { type: "file", ...durable, durable });
    }
  }
  return isChanged;
}

const isDirty = ({ bytes, mode, uid, gid, durable }: File): boolean =>
  durable === null || durable.bytes !== bytes || durable.mode !== mode || durable.uid !== uid || durable.gid !== gid;

function remains(file: File, keepsOwner: boolean, random: () => number): NonNullable<Durable> {
  const old = file.durable;
  const { mode, uid, gid } = old === null || keepsOwner ? file : old;
  const before = old?.bytes ?? Buffer.alloc(0);
  const isAppend = file.bytes.length > before.length && file.bytes.subarray(0, before.length).equals(before);
  const tail = isAppend ? file.bytes.subarray(before.length) : file.bytes;
  const head = isAppend ? before : Buffer.alloc(0);
  const written = below(random, tail.length + 1);
  const variants = [
    before,
    file.bytes,
    Buffer.concat([head, tail.subarray(0, written)]),
    Buffer.concat([head, Buffer.alloc(tail.length)]),
    Buffer.concat([head, tail.subarray(0, written), Buffer.alloc(tail.length - written)]),
  ];
  return { bytes: keepsOwner ? (variants[below(random, variants.length)] ?? before) : before, mode, uid, gid };
}

function restartEngine(state: SimState): void {
  const ran = [...state.containers.values()].filter(container => container.state === "running").map(({ id }) => id);
  for (const id of ran) killed(state, id);
  state.clockMs += 60_000;
  for (const { id, policy, state: now } of [...state.containers.values()]) {
    if (now !== "exited") continue;
    if (policy === "always" || (policy === "unless-stopped" && ran.includes(id))) started(state, id);
  }
}
