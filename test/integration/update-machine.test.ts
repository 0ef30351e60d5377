import { afterAll, beforeAll, describe, it } from "vitest";
import { TestHome } from "./support/cli.ts";
import { amount, childrenGone, pick, randomFor } from "./support/faults.ts";
import { type FileSystem, mayHaveEngine, PrivateEngine } from "./support/private-engine.ts";
import { type UpdateSubject, updateProduct } from "./support/update-subject.ts";
import { counted, type Fault, spread, tryFault } from "./support/update-trials.ts";

/** What happens to the whole machine, each with an engine and a disk of its own: under scripts/private-engine.sh, as `npm run test:faults` does. */
const machines: readonly { readonly method: "dump" | "copy"; readonly fileSystem: FileSystem }[] = [
  { method: "dump", fileSystem: "xfs" },
  { method: "copy", fileSystem: "ext4" },
  { method: "dump", fileSystem: "ext4" },
  { method: "copy", fileSystem: "xfs" },
];

const DISK_MIB = 4096;
const timeout = 4 * 3_600_000;
/** An installation, another, and a whole update, on a machine that may have more to do. */
const HOOK_MS = 1_800_000;
const nothing = async () => undefined;

describe.runIf(mayHaveEngine).each(machines.slice(0, amount(1, 2, 4)))(
  "an update by $method on $fileSystem",
  ({ method, fileSystem }) => {
    let engine: PrivateEngine;
    let subject: UpdateSubject;
    let moments: Awaited<ReturnType<typeof counted>>["moments"];
    const random = randomFor(`machine ${method} ${fileSystem}`);
    beforeAll(async () => {
      engine = await PrivateEngine.make(fileSystem, DISK_MIB);
      subject = await updateProduct(method, await TestHome.make());
      moments = (await counted(subject)).moments;
    }, HOOK_MS);
    afterAll(async () => {
      await engine?.remove();
    });
    const tried = (fault: Fault, count: number) => tryFault(subject, fault, spread(moments, count, random), random);

    it("F22 outlives a power cut", { timeout }, async () => {
      const fault: Fault = {
        name: `power loss, home and volumes on ${fileSystem}`,
        kills: true,
        async strike() {
          await engine.powerLoss();
          return nothing;
        },
      };
      await tried(fault, amount(1, 3, 36));
    });

    it.runIf(amount(0, 1, 1) > 0).each(["SIGTERM", "SIGKILL"] as const)(
      "F24 outlives an engine that is ended by %s",
      { timeout },
      async signal => {
        const fault: Fault = {
          name: `engine ${signal === "SIGTERM" ? "stopped" : "killed"}`,
          async strike() {
            await engine.stop(signal);
            return () => engine.start();
          },
        };
        await tried(fault, amount(0, 1, 24));
      },
    );

    it.runIf(amount(0, 0, 1) > 0)("F24 outlives an engine and a graph-mgr that are killed together", { timeout }, async () => {
      const fault: Fault = {
        name: "engine and graph-mgr killed",
        kills: true,
        async strike({ home, newProject }) {
          await engine.stop("SIGKILL");
          await childrenGone(home, newProject);
          await engine.start();
          return nothing;
        },
      };
      await tried(fault, amount(0, 0, 18));
    });

    it.runIf(amount(0, 1, 1) > 0)(
      "F23 outlives a disk that is full for the engine, the data and the home",
      { timeout },
      async () => {
        const fault: Fault = {
          name: "disk full, home and volumes",
          strike: (_, random) => engine.fill(pick(random, [0, 64, 1024, 16 * 1024])),
        };
        await tried(fault, amount(0, 2, 36));
      },
    );
  },
);
