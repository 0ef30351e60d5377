import { describe, expect, it } from "vitest";
import type { InstanceRecord } from "../../src/domain/instance.ts";
import type { ContainerDetail, World } from "../../src/host/world.ts";
import { serviceDetail } from "../../src/survey/instance-details.ts";
import { statusOf, surveyEnded } from "../../src/survey/states.ts";

const record = (services: readonly string[], stoppedPolicies: Record<string, string> | null = null) =>
  ({ project: "v1", services, images: {}, stoppedPolicies }) as unknown as InstanceRecord;

/** `caddy running`, `caddy exited 0 unless-stopped`, `caddy running healthy`. */
const container = (text: string, index: number): ContainerDetail => {
  const [service = "", state = "", ...rest] = text.split(" ");
  const isEnded = state === "exited";
  return {
    id: String(index),
    service,
    project: "v1",
    state,
    labels: {},
    exitCode: isEnded ? Number(rest[0]) : null,
    restartPolicy: isEnded ? rest[1] : "unless-stopped",
    health: isEnded ? "unhealthy" : (rest[0] ?? "none"),
    startedAt: "2026-01-01T00:00:00Z",
    restartCount: 0,
    healthLog: [],
  } as unknown as ContainerDetail;
};

async function seen(containers: readonly string[], stoppedPolicies: Record<string, string> | null = null) {
  const all = containers.map(container);
  const own = record([...new Set(all.map(({ service }) => service ?? ""))], stoppedPolicies);
  const asked: string[] = [];
  const engine = {
    inspect: async (ids: readonly string[]) => {
      asked.push(...ids);
      return all.filter(({ id }) => ids.includes(id));
    },
  } as unknown as World["engine"];
  const { state, health } = statusOf(own, all, true, await surveyEnded({ engine }, [own], all));
  const services = own.services.map(service => serviceDetail(service, own, all));
  return {
    is: `${state} ${health}`,
    asked,
    rows: services.map(row => `${row.service} ${row.state} ${row.health} ${row.why}`.trim()),
  };
}

describe("a service that is down beside others that run", () => {
  it("is one that somebody stopped where it is to be kept running, though it ended with 0", async () => {
    for (const policy of ["unless-stopped", "always"])
      expect(await seen([`caddy exited 0 ${policy}`, "nexus running healthy"])).toMatchObject({
        is: "partial unhealthy",
        rows: [`caddy exited unhealthy ended with code 0, and should run (restart: ${policy})`, "nexus running healthy"],
      });
  });

  it("is a one-shot that is done where it is not", async () => {
    for (const policy of ["no", "on-failure", "on-failure:3"])
      expect((await seen([`migrate exited 0 ${policy}`, "nexus running healthy"])).is).toBe("running healthy");
    expect((await seen(["migrate exited 1 no", "nexus running healthy"])).is).toBe("partial unhealthy");
  });

  it("is what it was before graph-mgr stopped it", async () => {
    expect(await seen(["caddy exited 0 no", "nexus running healthy"], { caddy: "unless-stopped" })).toMatchObject({
      is: "partial unhealthy",
      rows: ["caddy exited unhealthy ended with code 0, and should run (restart: unless-stopped)", "nexus running healthy"],
    });
  });
});

it("an instance that is stopped is no half of one, and nobody is asked about its policies", async () => {
  const stopped = await seen(["caddy exited 0 no", "nexus exited 0 no"], { caddy: "always", nexus: "unless-stopped" });
  expect(stopped).toMatchObject({ is: "stopped none", asked: [] });
  expect(stopped.rows[0]).not.toContain("should run");
});

it("of a scaled service the container that is worst off is shown, in whatever order they come", async () => {
  const two = ["nexus running healthy", "nexus exited 137 unless-stopped"];
  for (const containers of [two, [...two].reverse()])
    expect(await seen(containers)).toMatchObject({
      is: "partial unhealthy",
      rows: ["nexus exited unhealthy ended with code 137"],
    });
});

it("a paused service is not healthy", async () => {
  expect(await seen(["caddy running healthy", "nexus paused healthy"])).toMatchObject({
    is: "partial unhealthy",
    rows: ["caddy running healthy", "nexus paused unhealthy paused"],
  });
});

it("of what is down nobody is told the last look that the engine took at it", () => {
  const own = record(["caddy"], { caddy: "unless-stopped" });
  const seenLast = { ...container("caddy exited 0 no", 1), health: "unhealthy" as const };
  expect(serviceDetail("caddy", own, [seenLast]).health).toBe("none");
});
