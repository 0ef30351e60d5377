import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { docker } from "./support/cli.ts";
import { containersOf } from "./support/engine.ts";
import { NEW, NOTES, OLD, SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";
import { environmentOf, runUnit } from "./support/unit.ts";

/** What systemd would do when the machine starts, on the real engine. None runs here, so a test does it: with the unit's words and its environment, and nothing else. */
let small: SmallProduct;
let own: SmallHome;
let folder: string;

beforeAll(async () => {
  small = await SmallProduct.make();
  own = await SmallHome.make(await small.bundle(OLD));
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-boot-"));
});
afterAll(async () => {
  await own?.remove();
  await small?.remove();
  await rm(folder, { recursive: true, force: true });
});

const states = async (release: string) =>
  [...new Set((await containersOf(own.slug(release))).map(({ State }) => State.Status))].sort();
/** As the engine leaves containers without a restart policy when the machine went down. */
const powerOff = async (release: string) => {
  for (const { Id } of await containersOf(own.slug(release))) await docker("kill", Id).catch(() => "");
};

it("F16 what is current comes up with the machine, what was stopped does not, and after an update it is the new one", {
  timeout: 600_000,
}, async () => {
  const { home } = own;
  const units = join(folder, 'units "100%n"');
  expect((await home.run("boot", "disable", "--unit-dir", units)).code).toBe(3);
  await home.ok("boot", "enable", "--unit-dir", units, "--yes");
  const [name = ""] = await readdir(units);
  const text = await readFile(join(units, name), "utf8");
  const verified = await execa("systemd-analyze", ["verify", "--man=no", join(units, name)]);
  expect([verified.stdout, verified.stderr]).toEqual(["", ""]);
  expect(environmentOf(text)).toHaveProperty("PATH");
  expect(await home.json("boot", "--unit-dir", units)).toMatchObject({
    current: own.name(OLD),
    stopped: false,
    units: [{ unit: name, folder: units, enabled: null }],
  });

  await powerOff(OLD);
  expect(await states(OLD)).toEqual(["exited"]);
  const started = await runUnit(text);
  expect([started.exitCode, started.stdout]).toEqual([0, expect.stringContaining("launch finished")]);
  expect(await own.notes(OLD)).toEqual(NOTES);
  // It runs already, as when its restart policies were faster.
  const before = await own.startedAt();
  expect((await runUnit(text)).exitCode).toBe(0);
  expect(await own.startedAt()).toEqual(before);

  await home.ok("stop");
  expect(await runUnit(text)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("stays stopped") });
  expect(await states(OLD)).toEqual(["exited"]);
  await home.ok("launch", "--yes");

  await home.ok("update", await small.bundle(NEW), "--yes");
  await powerOff(NEW);
  expect((await runUnit(text)).exitCode).toBe(0);
  expect(await own.notes(NEW)).toEqual(NOTES);
  expect([await states(OLD), await states(NEW)]).toEqual([["exited"], ["running"]]);

  await home.ok("boot", "disable", "--unit-dir", units);
  expect(await readdir(units)).toEqual([]);
});
