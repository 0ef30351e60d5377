import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentedProduct, type Outcome } from "./support/documented-product.ts";
import { amount, must, pick, randomFor, sample, seed } from "./support/faults.ts";
import { PHASES } from "./support/phases.ts";
import { mayHaveEngine, PrivateEngine } from "./support/private-engine.ts";

const timeout = 4 * 3_600_000;
/** An installation, another, and a whole update, on a machine that may have more to do. */
const HOOK_MS = 1_800_000;
/** The manual has no front of its own and nothing to commit. */
const phases = PHASES.slice(0, 4);

interface Blow {
  readonly fault: string;
  /** @returns what takes it away again */
  strike(engine: PrivateEngine, pid: number): Promise<() => Promise<void>>;
}

/** The shell and all that it started. */
const kill = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The commands were at their end already.
  }
};
const nothing = async () => undefined;
const blows: readonly Blow[] = [
  {
    fault: "killed inside a step",
    async strike(_, pid) {
      kill(pid);
      return nothing;
    },
  },
  {
    fault: "power loss, home and volumes on ext4",
    async strike(engine, pid) {
      kill(pid);
      await engine.powerLoss();
      return nothing;
    },
  },
  ...(["SIGTERM", "SIGKILL"] as const).map(
    (signal): Blow => ({
      fault: `engine ${signal === "SIGTERM" ? "stopped" : "killed"}`,
      async strike(engine) {
        await engine.stop(signal);
        return () => engine.start();
      },
    }),
  ),
  { fault: "disk full, home and volumes", strike: engine => engine.fill(64) },
];

/** Measures and judges nothing: the other column of docs/reliability.md. After the fault the commands are typed again from the first. */
describe.runIf(mayHaveEngine)("the documented commands", () => {
  let engine: PrivateEngine;
  beforeAll(async () => {
    engine = await PrivateEngine.make("ext4", 6144);
  }, HOOK_MS);
  afterAll(async () => {
    await engine?.remove();
  });

  it.each(["dump", "copy"] as const)("by %s, with the same faults", { timeout }, async method => {
    const random = randomFor(`documented ${method}`);
    const product = new DocumentedProduct(join(engine.mount, "homes", "by-hand"), method);
    await product.renew();
    must(await product.type(), "the documented commands fail without a fault");
    note(method, "no fault", "", await product.outcome());
    const seen: Outcome[] = [];
    // By copy, Postgres is not asked to restore anything.
    const own = method === "copy" ? phases.filter(phase => phase !== "restore, proof") : phases;
    for (const { fault, strike } of blows)
      for (const phase of sample(random, own, amount(0, 1, own.length)))
        for (let trial = 0; trial < amount(1, 1, 4); trial++) {
          await product.renew();
          let heal: () => Promise<void> = nothing;
          const afterMs = Math.round(pick(random, [0, 300, 1000]) * random());
          await product.type({
            phase,
            strike: async pid => {
              await pause(afterMs);
              heal = await strike(engine, pid);
            },
          });
          await heal();
          await product.type();
          const outcome = await product.outcome();
          seen.push(outcome);
          note(method, fault, phase, outcome);
        }
    expect(seen).toHaveLength(blows.length * amount(0, 1, 4 * own.length));
  });
});

function note(method: string, fault: string, phase: string, outcome: Outcome): void {
  console.log(`documented by ${method}, ${fault}, ${phase}: ${outcome}`);
  const file = process.env["FAULTS_RESULTS"];
  if (file) appendFileSync(file, `${JSON.stringify({ documented: method, fault, phase, outcome, seed })}\n`);
}
