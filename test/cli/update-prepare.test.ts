import { beforeEach, expect, it } from "vitest";
import { update } from "../../src/cli/commands/update.ts";
import type { Session } from "../../src/cli/session.ts";
import { templates } from "../simulator/maintenance.ts";
import { described } from "../simulator/sample.ts";
import { Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const GIVEN = {
  bundle: "/bundles/v2.23.0.tar.gz",
  bundles: [],
  from: undefined,
  release: undefined,
  postgres: undefined,
  viaPath: false,
  resolve: [],
  shareBind: [],
  acknowledge: [],
  healthTimeoutSeconds: undefined,
  prepare: true,
  backup: false,
  onFailure: undefined,
} as const;

let stage: Stage;
let printed: string[];
/** @returns what is on standard output */
async function prepare(over: Partial<Session["flags"]> = {}): Promise<string> {
  printed = [];
  const session = sessionOn(
    stage,
    {
      print: (text: string) => printed.push(text),
      describedProducts: async () => described,
      maintenanceTemplates: async () => templates,
    },
    over,
  );
  await update(session, GIVEN);
  return printed.join("\n");
}

beforeEach(async () => {
  stage = new Stage();
  await stage.install("v2.22.2");
  expect(await prepare()).toBe("v2.23.0: prepare finished.");
});

it("says by day that nothing is left to be done ahead, also as one document", async () => {
  expect(await prepare()).toBe("Everything that can be done ahead is done.");
  expect(JSON.parse(await prepare({ json: true }))).toEqual({
    operation: null,
    kind: "prepare",
    instance: "v2.23.0",
    steps: 0,
    outcome: "done",
    wayBack: null,
    version: "v2.23.0",
    from: "v2.22.2",
  });
  expect(JSON.parse(await prepare({ json: true, dryRun: true }))).toMatchObject({ dryRun: true, kind: "prepare", steps: 0 });
});

it("finds out by day what stands against the update, also where nothing is left to be done ahead", async () => {
  await stage.world.engine.createVolume({ name: "v2_23_0_postgres_data", driver: "local", options: {}, labels: {} });
  await expect(prepare()).rejects.toThrow(expect.objectContaining({ code: "NAME_TAKEN" }));
  expect(printed).toEqual([]);
});
