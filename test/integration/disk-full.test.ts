import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, type Result, type TestHome } from "./support/cli.ts";
import {
  isFull,
  must,
  mustBeEqual,
  next,
  outcomes,
  photographHome,
  randomFor,
  runTrials,
  sample,
  tracesOf,
} from "./support/faults.ts";
import { SmallDisk } from "./support/small-disk.ts";

/** A whole installation of the small bundle fits into 48 KiB, in pages of 4. */
const LARGEST_KIB = 44;

describe.runIf(process.getuid?.() === 0)("F23 a disk that is full", () => {
  it("fails an installation cleanly, wherever it happens, and nothing is left", {
    tags: ["usual"],
    timeout: 1_800_000,
  }, async () => {
    const random = randomFor("disk full");
    const sizes = Array.from({ length: LARGEST_KIB / 4 }, (_, index) => (index + 1) * 4);
    let trouble = async () => {};
    let full = 0;
    await runTrials(
      "disk full",
      "install (tiny)",
      isFull ? sizes : sample(random, sizes, 4),
      async sizeKib => {
        const disk = await SmallDisk.make(sizeKib);
        const { home } = disk;
        const slug = `v1_0_0_${home.suffix}`;
        trouble = () => disk.remove();
        const before = await photographHome(home);
        const result = await home.run("install", bundle("tiny-v1.0.0"), "--name", home.suffix, "--yes");
        must(result.code !== 1, "a full disk was taken for a bug", result);
        if (result.code !== 0) {
          full += 1;
          await endsUndone(home, result, sizeKib);
          mustBeEqual(await tracesOf(home, slug), [], "left on the engine");
          mustBeEqual(await photographHome(home), before, "the home is not as it was");
        }
        await disk.remove();
      },
      () => trouble(),
    );
    must(full > 0, "no disk was small enough");
  });

  it("of a copy's dump leaves the source serving and nothing else", { timeout: 900_000 }, async () => {
    const disk = await SmallDisk.make(16 * 1024);
    const { home } = disk;
    try {
      const source = `v2.22.2-${home.suffix}`;
      await home.ok("install", bundle("v2.22.2"), "--name", home.suffix, "--yes");
      const before = await photographHome(home);
      const containers = () =>
        docker("ps", "-q", "--no-trunc", "--filter", `label=com.docker.compose.project=${source.replaceAll(/[^a-z0-9]/g, "_")}`);
      const running = await containers();
      await runTrials(
        "disk full",
        "copy --data dump (v2.22.2)",
        isFull ? [4, 8, 12, 16, 24, 32, 40, 48] : [12, 40],
        async freeKib => {
          const { bavail, bsize } = await statfs(home.path);
          await mkdir(join(home.path, "lost+found"), { recursive: true });
          const ballast = join(home.path, "lost+found/ballast");
          await writeFile(ballast, Buffer.alloc(bavail * bsize - freeKib * 1024));
          const name = `${home.suffix}x${freeKib}`;
          const result = await home.run("copy", source, "--name", name, "--data", "dump", "--yes");
          must(result.code === 4 || result.code === 5 || result.code === 3, "it did not fail cleanly", result);
          if (result.code === 4) await rm(ballast);
          await endsUndone(home, result, freeKib);
          await rm(ballast, { force: true });
          mustBeEqual(await tracesOf(home, `${source}x${freeKib}`.replaceAll(/[^a-z0-9]/g, "_")), [], "left on the engine");
          mustBeEqual(await photographHome(home), before, "the home is not as it was");
          must((await containers()) === running, "the source was touched");
        },
        async () => {
          await rm(join(home.path, "lost+found"), { recursive: true, force: true });
          await next(home, "undo", "--yes");
        },
      );
    } finally {
      await disk.remove();
    }
  });
});

/** Exit 5 says that all was put back. Exit 4 asks for room first, which the operator then makes. */
async function endsUndone(home: TestHome, { code }: Result, trial: number): Promise<void> {
  if (code === 4) {
    await execa("mount", ["-o", "remount,size=64m", home.path]);
    const undone = await next(home, "undo", "--yes");
    must(undone.code === 0, `undo failed (${trial})`, undone);
  }
  const open = (await outcomes(home)).filter(({ outcome }) => outcome === "unfinished");
  must(open.length === 0, `unfinished: ${JSON.stringify(open)}`);
}
