import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { leftovers } from "./support/engine.ts";
import { amount, helpersOf, isFull, must, randomFor, sample, wasOver } from "./support/faults.ts";
import { countsIn, cut } from "./support/killable.ts";
import { backupBundle, backupHome, contentOf, RELEASE } from "./support/small-backup.ts";
import { type SmallHome, said } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

const HOUR_MS = 3_600_000;

/** `backup create` and `backup restore`, killed between their steps and within them, then resumed or undone. */
let small: SmallProduct;
let own: SmallHome;
let before: Awaited<ReturnType<typeof contentOf>>;
const random = randomFor("backup kills");

beforeAll(async () => {
  small = await SmallProduct.make();
  own = await backupHome(await backupBundle(small));
  before = await contentOf(own);
});
afterAll(async () => {
  await own?.remove();
  await small?.remove();
});

interface Listed {
  readonly backups: readonly { readonly sequence: number; readonly path: string; readonly verified: unknown }[];
}
const listed = async () => (await own.home.json<Listed>("backup", "list")).backups;
const files = () => readdir(join(own.home.path, "backups")).catch(() => []);

const operations = async () =>
  (await own.home.json<{ operations: readonly { id: string; outcome: string }[] }>("operations")).operations;

/** Kills a command, then goes on or back. @returns how it ended */
async function struck(point: string | number, way: "resume" | "undo", args: readonly string[]): Promise<"done" | "undone"> {
  const known = (await operations()).length;
  const first = await cut(own.home, point, ...args);
  // What was done before it could be killed, or had begun nothing yet.
  if (!first.wasKilled) {
    must(first.code === 0, said(first));
    return "done";
  }
  const next = await own.home.run(way, "--yes");
  const unbegun = next.code === 3 && next.stderr.includes("no unfinished operation");
  const isOver = wasOver(next);
  must(unbegun || isOver || next.code === 0, `${way} after ${point}: ${said(next)}`);
  if (!unbegun && !isOver) return way === "resume" ? "done" : "undone";
  return (await operations()).slice(known).some(({ outcome }) => outcome === "done") ? "done" : "undone";
}

async function moments(args: readonly string[], whole: Awaited<ReturnType<typeof cut>>, few: number) {
  must(whole.code === 0, said(whole));
  const { journal } = countsIn(whole);
  must(journal >= 6, `only ${journal} journal entries of ${args.join(" ")}`);
  const between = Array.from({ length: journal }, (_, index) => [
    `journal:${index + 1}:before`,
    `journal:${index + 1}:after`,
  ]).flat();
  const within = Array.from({ length: few }, () => Math.floor(300 + random() * (whole.tookMs - 300)));
  return [...sample(random, between, few), ...within];
}

it("F01 F20 backup create: the source serves on, and nothing that is not whole is listed", {
  timeout: isFull ? 4 * HOUR_MS : 1_200_000,
}, async () => {
  const args = ["backup", "create", "--yes"];
  const points = await moments(args, await cut(own.home, "count", ...args), amount(2, 6, 40));
  let expected = 1;
  for (const [index, point] of points.entries()) {
    const way = index % 2 === 0 ? "resume" : "undo";
    const startedAt = await own.startedAt();
    if ((await struck(point, way, args)) === "done") expected += 1;
    const backups = await listed();
    expect([point, way, backups.length]).toEqual([point, way, expected]);
    expect(backups.every(({ verified }) => verified !== null)).toBe(true);
    expect((await files()).length).toBe(expected);
    expect(await own.startedAt()).toEqual(startedAt);
    expect(await helpersOf(own.home)).toEqual([]);
  }
  expect(await contentOf(own)).toEqual(before);
  for (const { path } of await listed()) expect((await own.home.ok("backup", "verify", path)).stdout).toContain("is whole");
});

it("F04 F20 backup restore: what is there is not touched, and the new one is whole or gone", {
  timeout: isFull ? 4 * HOUR_MS : 2_400_000,
}, async () => {
  const [first] = await listed();
  const args = ["backup", "restore", String(first?.sequence), "--name", `${own.home.suffix}r`, "--yes"];
  const name = `${RELEASE}-${own.home.suffix}r`;
  const slug = name.replaceAll(/[^a-z0-9]/g, "_");
  const dir = join(own.home.path, "releases", name);
  const remove = async () => {
    await own.home.ok("stop", name);
    await own.home.ok("remove", name, "--volumes", "--confirm", name, "--yes");
  };
  const whole = await cut(own.home, "count", ...args);
  const points = await moments(args, whole, amount(1, 3, 40));
  await remove();
  for (const [index, point] of points.entries()) {
    const startedAt = await own.startedAt();
    const ended = await struck(point, index % 2 === 0 ? "resume" : "undo", args);
    if (ended === "done") {
      expect([point, await contentOf(own, slug, dir)]).toEqual([point, before]);
      await remove();
    }
    expect([point, (await leftovers(slug)).filter(each => !each.startsWith("graph-mgr/"))]).toEqual([point, []]);
    expect(await readdir(join(own.home.path, "releases"))).toEqual([own.name(RELEASE)]);
    expect(await own.startedAt()).toEqual(startedAt);
    expect(await helpersOf(own.home)).toEqual([]);
    expect((await own.listed()).current).toBe(own.name(RELEASE));
  }
  expect(await contentOf(own)).toEqual(before);
});
