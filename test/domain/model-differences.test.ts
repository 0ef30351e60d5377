import { expect, it } from "vitest";
import type { ComposeModel, ServiceModel } from "../../src/domain/compose-model.ts";
import type { Isolation } from "../../src/domain/isolation.ts";
import { modelDifferences } from "../../src/domain/model-differences.ts";

const isolation: Isolation = {
  project: "new",
  volumes: { data: "new_data" },
  networks: { net: "new_net" },
  containers: { web: "new_web" },
  ports: [{ service: "s", container: 80, protocol: "tcp", host: 8080 }],
  images: { s: "sha256:1" },
  binds: {},
};
const service: ServiceModel = {
  image: "x",
  container_name: "web",
  environment: { A: "1", SECRET: "s3cret", URL: "pg://u:s3cret@db/s3cret" },
  ports: [{ mode: "ingress", target: 80, published: "80", protocol: "tcp" }],
  volumes: [
    { type: "volume", source: "data", target: "/data" },
    { type: "bind", source: "/srv/v1/conf", target: "/conf" },
    { type: "bind", source: "/srv/v10", target: "/other" },
  ],
  networks: { net: null },
};
const before: ComposeModel = {
  name: "old",
  services: { s: service, t: { image: "y", network_mode: "container:web", volumes_from: ["container:web:ro"] } },
  volumes: { data: { name: "data" }, theirs: { name: "theirs", external: true } },
  networks: { net: { name: "net" } },
};
const after = {
  name: "new",
  services: {
    s: {
      ...service,
      image: "sha256:1",
      container_name: "new_web",
      environment: { ...service.environment, COMPOSE_PROJECT_NAME: "new" } as Record<string, string>,
      ports: [{ mode: "ingress", target: 80, published: "8080", protocol: "tcp" }],
      volumes: [
        { type: "volume", source: "data", target: "/data" },
        { type: "bind", source: "/srv/v1-x/conf", target: "/conf" },
        { type: "bind", source: "/srv/v10", target: "/other" },
      ],
      networks: { net: { aliases: ["web"] } } as Record<string, { aliases?: string[] } | null>,
    },
    t: { image: "y", network_mode: "container:new_web", volumes_from: ["container:new_web:ro"] },
  },
  volumes: { data: { name: "new_data" }, theirs: { name: "theirs", external: true } },
  networks: { net: { name: "new_net" } },
} satisfies ComposeModel;

const differences = (change: (model: typeof after) => void, changedEnv: readonly string[] = []) => {
  const model = structuredClone(after);
  change(model);
  return modelDifferences(before, model, { isolation, beforeDir: "/srv/v1", afterDir: "/srv/v1-x", changedEnv });
};

it("F42 finds nothing where only the intended names differ", () => {
  expect(differences(() => {})).toEqual([]);
});

type Change = readonly [place: readonly string[], value: unknown];

/** Sets one place of the model; undefined takes it away. */
const set = (model: typeof after, [place, value]: Change): void => {
  const parents = place.slice(0, -1).reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], model);
  const last = place.at(-1) ?? "";
  if (value === undefined) delete (parents as Record<string, unknown>)[last];
  else (parents as Record<string, unknown>)[last] = value;
};
const at = (path: string, value: unknown): Change => [path.split("/"), value];

it.each<[string, Change, string]>([
  ["volume", at("volumes/data/name", "data"), "volumes.data.name is data, not new_data"],
  ["external volume", at("volumes/theirs/name", "new_theirs"), "volumes.theirs.name is new_theirs, not theirs"],
  ["network", at("networks/net/name", "net"), "networks.net.name is net, not new_net"],
  ["container", at("services/s/container_name", "web"), "services.s.container_name is web, not new_web"],
  ["alias", at("services/s/networks/net", null), "services.s.networks.net.aliases is gone"],
  ["alias of somebody else", at("services/s/networks/net/aliases", ["web", "db"]), "services.s.networks.net.aliases differs"],
  [
    "reference",
    at("services/t/network_mode", "container:web"),
    "services.t.network_mode is container:web, not container:new_web",
  ],
  ["image", at("services/s/image", "x"), "services.s.image is x, not sha256:1"],
  ["image of another", at("services/t/image", "z"), "services.t.image is z, not y"],
  [
    "bind that still goes to the old folder",
    at("services/s/volumes/1/source", "/srv/v1/conf"),
    "services.s.volumes.1.source differs",
  ],
  ["bind that moved along", at("services/s/volumes/2/source", "/srv/v1-x0"), "services.s.volumes.2.source differs"],
  ["mount", at("services/s/volumes/0/read_only", true), "services.s.volumes.0.read_only is new"],
  ["value", at("services/s/environment/A", "hidden"), "services.s.environment.A differs"],
  ["changed secret", at("services/s/environment/SECRET", "hidden"), "services.s.environment.SECRET differs"],
  ["new value", at("services/s/environment/B", "hidden"), "services.s.environment.B is new"],
  ["lost value", at("services/s/environment/A", undefined), "services.s.environment.A is gone"],
  [
    "project in the environment",
    at("services/s/environment/COMPOSE_PROJECT_NAME", "hidden"),
    "services.s.environment.COMPOSE_PROJECT_NAME is new",
  ],
  ["service", at("services/u", { image: "x", environment: { A: "hidden" } }), "services.u is new"],
  ["project", at("name", "old"), "name is old, not new"],
])("F42 finds another %s, and shows no value", (_, change, message) => {
  const found = differences(model => set(model, change));
  expect(found).toEqual([message]);
  expect(found.join()).not.toMatch(/hidden|s3cret/);
});

it("F42 finds ports that are not the wanted ones", () => {
  expect(differences(model => set(model, at("services/s/ports/0/published", "80")))).toHaveLength(1);
  expect(differences(model => set(model, at("services/s/ports/1", { target: 81, published: "81" })))).toHaveLength(1);
});

it("a changed secret is fine where it is meant, and where another value repeats it", () => {
  const change = (url: string) => (model: typeof after) => {
    set(model, at("services/s/environment/SECRET", "fresh"));
    set(model, [["services", "s", "environment", "URL"], url]);
  };
  expect(differences(change("pg://u:fresh@db/s3cret"), ["SECRET"])).toEqual([]);
  expect(differences(change("pg://u:fresh@db/fresh"), ["SECRET"])).toEqual([]);
  expect(differences(change("pg://u:other@db/s3cret"), ["SECRET"])).toEqual(["services.s.environment.URL differs"]);
  expect(differences(change("pg://v:fresh@db/s3cret"), ["SECRET"])).toEqual(["services.s.environment.URL differs"]);
});
