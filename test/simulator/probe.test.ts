import { it } from "vitest";
import { allTrials, newTally, rehearse, runTrial } from "./faults.ts";
import { scenarios } from "./scenarios.ts";

const every = Number(process.env.EVERY ?? 40);
for (const [group, all] of Object.entries(scenarios)) {
  for (const [name, build] of Object.entries(all)) {
    if (process.env.ONLY && !`${group}/${name}`.includes(process.env.ONLY)) continue;
    it(`${group}/${name}`, async () => {
      const rehearsal = await rehearse(await build());
      const trials = allTrials(rehearsal);
      const tally = newTally();
      const errors: string[] = [];
      const begin = process.cpuUsage();
      for (const trial of trials.filter((_, i) => i % every === Number(process.env.OFFSET ?? 0))) {
        try {
          await runTrial(rehearsal, trial, tally);
        } catch (error) {
          errors.push((error as Error).message);
        }
      }
      console.log(
        `PROBE ${name}: ${rehearsal.moments.length} moments, ${rehearsal.scenario.plan.steps.length} steps, ${trials.length} trials; ran ${tally.runs} in ${Math.round(process.cpuUsage(begin).user / 1000)} ms CPU, ${errors.length} errors\n${errors.slice(0, Number(process.env.SHOW ?? 3)).join("\n--\n")}`,
      );
    }, 600_000);
  }
}
