import { describe, expect, it } from "vitest";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { newPlan, operationId } from "../../src/operations/plan-id.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { Machine } from "../simulator/machine.ts";
import { SimDisk } from "../simulator/sim-disk.ts";
import { emptyState } from "../simulator/state.ts";

const planAt = (moment: string, random: string): Plan =>
  newPlan({
    id: operationId("stop", { now: new Date(moment), random }),
    operation: "stop",
    instance: "v2.22.2",
    home: "/home",
    engine: "SIMULATED",
    summary: "Stop v2.22.2",
    notes: [],
    wayBack: null,
    steps: [],
  });

function storeOn(machine = new Machine(emptyState())) {
  const { disk } = new SimDisk(machine);
  return { disk, store: createOperationStore(disk, "/home") };
}

const idsOf = async ({ store }: ReturnType<typeof storeOn>) => (await store.list()).map(({ plan }) => plan.id);

describe("operations", () => {
  it("F66 stand in the order in which they were begun, wherever the clock was: set back, ten years ahead, in the hour that comes twice", async () => {
    const own = storeOn();
    const begun = [
      planAt("2026-11-21T10:15:00Z", "ffff"),
      // Within one second, as scripts do it.
      planAt("2026-11-21T10:15:00Z", "0000"),
      planAt("2016-11-21T10:15:00Z", "aaaa"),
      planAt("2036-11-21T10:15:00Z", "bbbb"),
      planAt("2026-10-25T02:30:00+02:00", "cccc"),
      planAt("2026-10-25T02:30:00+01:00", "dddd"),
      planAt("2026-10-25T02:29:00+02:00", "eeee"),
    ];
    for (const plan of begun) await own.store.open(plan, {});
    expect(await idsOf(own)).toEqual(begun.map(({ id }) => id));
  });

  it("F66 of older versions, which have no number, come first, by their ids", async () => {
    const own = storeOn();
    const [second, first, newer] = [
      planAt("2026-11-20T00:00:00Z", "2222"),
      planAt("2026-11-19T00:00:00Z", "1111"),
      planAt("2016-01-01T00:00:00Z", "3333"),
    ] as const;
    for (const plan of [second, first]) {
      await own.store.open(plan, {});
      await own.disk.remove(`/home/.graph-mgr/operations/${plan.id}/sequence`);
    }
    await own.store.open(newer, {});
    expect(await idsOf(own)).toEqual([first.id, second.id, newer.id]);
  });
});
