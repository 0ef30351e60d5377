import { beforeEach, describe, expect, it } from "vitest";
import { attach } from "../../src/cli/commands/attach.ts";
import { status } from "../../src/cli/commands/status.ts";
import { volumes } from "../../src/cli/commands/volumes.ts";
import { reportFinished } from "../../src/cli/report.ts";
import { planRemove } from "../../src/operations/remove.ts";
import { surveyRemove } from "../../src/survey/remove.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  printed = [];
});

const session = (json = false) => sessionOn(stage, { print: (text: string) => printed.push(text) }, { json });

/** @returns where `remove` moved its folder */
async function removed(): Promise<string> {
  await stage.stop(NAME);
  const { record, current } = await stage.facts(NAME);
  const plan = planRemove(
    await surveyRemove(stage.world, record, HOME, current),
    { volumes: false, confirm: undefined, current: true },
    occasion(),
  );
  await stage.carryOut(plan);
  return plan.wayBack?.replace("graph-mgr install --attach ", "") ?? "";
}

describe("volumes that remove kept", () => {
  it("are shown with what brings them back", async () => {
    const folder = await removed();
    await volumes(session());
    expect(printed.join("\n")).toContain(`(kept by remove; \`graph-mgr install --attach ${folder}\`)`);
    expect(printed.join("\n")).not.toContain("stray");
    await volumes(session(true));
    const { volumes: all } = JSON.parse(printed.at(-1) ?? "") as { volumes: { instance: unknown; attach: unknown }[] };
    expect(all.map(({ instance, attach: from }) => [instance, from])).toEqual(all.map(() => [null, folder]));
    expect(all).not.toEqual([]);
  });

  it("are stray where the folder is gone, too", async () => {
    await stage.world.trees.remove(await removed(), null);
    await volumes(session());
    expect(printed.join("\n")).toContain("(stray: no instance has it)");
    expect(printed.join("\n")).not.toContain("--attach");
  });
});

describe("what is said at the end", () => {
  const install = { operation: "id", kind: "install", instance: NAME, steps: 1, result: {}, wayBack: null };

  it("is where it answers, once it runs", async () => {
    await reportFinished(session(), install);
    expect(printed.join("\n")).toContain("http://localhost");
    expect(printed.join("\n")).not.toContain("stopped");
  });

  it("is how it is launched, when it was only brought back", async () => {
    await attach(session(), await removed());
    expect(printed.join("\n")).toContain(`graph-mgr launch ${NAME}`);
    expect(printed.join("\n")).not.toContain("http://localhost");
  });
});

it("status --watch looks once where there is no terminal", async () => {
  await status(session(), { instance: undefined, watch: true, html: undefined });
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain(NAME);
});
