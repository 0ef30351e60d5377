import { expect, it } from "vitest";
import { allTrials, newTally, rehearse, runTrial } from "./faults.ts";
import { prepared } from "./scenario.ts";

it("rehearses", async () => {
  const stage = await prepared();
  const scenario = stage.scenario("install", await stage.installPlan("v2.22.2"));
  const rehearsal = await rehearse(scenario);
  console.log(
    rehearsal.moments.length,
    rehearsal.steps.map(({ reads }, i) => `${scenario.plan.steps[i]?.kind} ${reads}`).join(", "),
  );
  const trials = allTrials(rehearsal);
  console.log(trials.length);
  const tally = newTally();
  const errors: string[] = [];
  const begin = performance.now();
  for (const trial of trials.filter((_, i) => i % 10 === 0)) {
    try {
      await runTrial(rehearsal, trial, tally);
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  console.log(tally, performance.now() - begin, errors.length);
  console.log(errors.slice(0, 8).join("\n=====\n"));
  expect(errors).toEqual([]);
}, 300_000);
