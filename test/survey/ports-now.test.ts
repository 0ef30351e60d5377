import { expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import type { InstanceRecord } from "../../src/domain/instance.ts";
import { answering } from "../../src/survey/answering.ts";
import { surveyHome } from "../../src/survey/home.ts";
import { withPortsNow } from "../../src/survey/ports-now.ts";
import { surveyUpdate } from "../../src/survey/update.ts";
import { templates } from "../simulator/maintenance.ts";
import { described } from "../simulator/sample.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

const port = (service: string, container: number, host: number | null) => ({
  service,
  container,
  protocol: "tcp" as const,
  host,
});

async function portsOf(recorded: InstanceRecord["ports"], services: ComposeModel["services"]): Promise<InstanceRecord["ports"]> {
  const stage = new Stage();
  await stage.install("v2.22.2");
  const [found] = (await surveyHome(stage.world, HOME)).records;
  if (found === undefined) throw new Error("nothing is installed");
  const record = { ...found, ports: recorded };
  const compose = answering(stage.world.compose, { resolve: async () => ({ name: record.project, services }) });
  return (await withPortsNow({ compose }, record)).ports;
}
const published = (target: number, ...hosts: readonly number[]) => hosts.map(host => ({ target, published: String(host) }));

it("a port that was edited in the files is the instance's", async () => {
  const recorded = [port("front", 80, 8080), port("front", 443, 8443), port("db", 5432, null)];
  expect(await portsOf(recorded, { front: { ports: [...published(80, 9090), ...published(443, 8443)] } })).toEqual([
    port("front", 80, 9090),
    port("front", 443, 8443),
    port("db", 5432, null),
  ]);
});

it("of several of one container each keeps its place, and where some were added or taken out those that are left", async () => {
  const recorded = [port("front", 80, 8080), port("front", 80, 8081)];
  expect(await portsOf(recorded, { front: { ports: published(80, 8080, 9091) } })).toEqual([
    port("front", 80, 8080),
    port("front", 80, 9091),
  ]);
  expect(await portsOf(recorded, { front: { ports: published(80, 8081, 9091, 9092) } })).toEqual([
    port("front", 80, 9091),
    port("front", 80, 8081),
  ]);
  expect(await portsOf(recorded, { front: { ports: published(80, 8081) } })).toEqual(recorded);
  expect(await portsOf(recorded, { front: { ports: published(81, 1, 2) } })).toEqual(recorded);
});

it("an update keeps a port that was edited in the compose file, and takes it for no edit", async () => {
  const stage = new Stage();
  await stage.install("v2.22.2");
  const { record } = await stage.facts("v2.22.2");
  const path = `${HOME}/releases/v2.22.2/docker-compose.yml`;
  const text = (await stage.world.files.read(path)) ?? "";
  expect(text).toContain('"80:80"');
  await stage.world.files.write(path, text.replace('"80:80"', '"9090:80"'));
  const contents = await stage.world.bundles.read("/bundles/v2.23.0.tar.gz", () => {});
  const update = async (source: InstanceRecord) => {
    const ask = { home: HOME, source, contents, release: undefined, resolve: {}, templates };
    return (await surveyUpdate(stage.world, ask, described)).facts;
  };
  const { ports, merge } = await update(await withPortsNow(stage.world, record));
  expect(ports).toEqual([{ service: "caddy", container: 80, protocol: "tcp", host: 9090 }]);
  expect(merge.conflicts).toEqual([]);
  expect(merge.decisions.filter(({ file }) => file === "docker-compose.yml")).toEqual([]);
});
