import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { awaitAnswer, awaitHealth } from "../../src/steps/index.ts";
import type { Stage } from "../simulator/scenario.ts";
import { failsWith, IMAGES, installed, NAME, oneStep, SLUG } from "./one-step.ts";

const YEAR_MS = 366 * 86_400_000;

/** A clock that somebody sets, ten years ahead and back, at each look at it. */
function jumping(stage: Stage): void {
  let looks = 0;
  Object.assign(stage.world, { now: () => new Date(Date.UTC(2026, 9, 25) + (looks++ % 2 === 0 ? 10 : -10) * YEAR_MS) });
}

describe("F66 a clock that jumps", () => {
  it("ends no wait early, and holds none up", async () => {
    const stage = await installed();
    jumping(stage);
    let pauses = 0;
    const { pause } = stage.world;
    Object.assign(stage.world, {
      pause: async (...args: Parameters<typeof pause>) => {
        pauses += 1;
        if (pauses > 1000) throw new Error("waits for ever");
        await pause(...args);
      },
    });
    const limits = { timeoutSeconds: 60, windowSeconds: 3 };
    await oneStep(stage, awaitHealth.step({ project: SLUG, instance: NAME, services: IMAGES, ...limits })).run();
    expect(pauses).toBeGreaterThan(1);
    const mute = awaitAnswer.step({ instance: NAME, probe: { port: 9, tls: false, path: "/" }, timeoutSeconds: 5 });
    await expect(oneStep(stage, mute).run()).rejects.toThrow(failsWith("NO_ANSWER", "within 5 s"));
  });

  it("is asked for a date only: nothing in the program measures time by it", async () => {
    const src = join(import.meta.dirname, "../../src");
    const found: string[] = [];
    for (const path of await readdir(src, { recursive: true })) {
      if (!path.endsWith(".ts")) continue;
      const text = await readFile(join(src, path), "utf8");
      for (const line of text.split("\n"))
        if (/\bDate\.now\(|new Date\(\)|now\(\)\.(getTime|valueOf)|now\(\) [-<>]/.test(line))
          found.push(`${path}: ${line.trim()}`);
    }
    const forPeople = [
      // How old a backup is.
      "cli/commands/backup-list.ts",
      // For how long a container is up.
      "cli/commands/status.ts",
      // The window of a run that was cut off, where the machine was started anew since, and no other clock went on.
      "cli/downtime.ts",
      // The lock's "since".
      "session.ts",
      // How far the clocks of two machines are apart, which is what is asked there.
      "survey/migrate.ts",
      // How old something is that was sent for a move which never came: weeks.
      "survey/unused-files.ts",
    ];
    expect(found.map(line => line.split(":")[0]).sort()).toEqual([...forPeople, "host/create-world.ts"].sort());
  });
});
