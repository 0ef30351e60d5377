import { describe, expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { changedServices, checkChange, type Resolved } from "../../src/domain/config-check.ts";
import { type KeyPlaces, sayerOf, targetsFor } from "../../src/domain/config-files.ts";
import { isolationFaults, newPorts } from "../../src/domain/config-isolation.ts";
import { neutralEnv, neutralText } from "../../src/domain/config-neutral.ts";
import { entriesOf } from "../../src/domain/merge-keys.ts";

const MODERN = [".env", "data/config/custom.env", "data/config/telemetry.env"];
const places = (over: Partial<KeyPlaces>): KeyPlaces => ({
  order: MODERN,
  settings: "data/config/custom.env",
  saidIn: [],
  namedIn: [],
  isInterpolated: false,
  ...over,
});

describe("the file that a key belongs into", () => {
  it.each([
    ["a new key goes where the settings are", {}, "data/config/custom.env"],
    ["what the vendor says in .env is overruled there, and not edited", { saidIn: [".env"] }, "data/config/custom.env"],
    ["what Compose puts in stays in .env", { isInterpolated: true, saidIn: [".env"] }, ".env"],
    ["a new key that Compose puts in goes there, too", { isInterpolated: true }, ".env"],
    ["but for a later file that says it", { isInterpolated: true, saidIn: [".env", MODERN[1] ?? ""] }, "data/config/custom.env"],
    [
      "a file that counts more than the settings is edited itself",
      { saidIn: [".env", MODERN[2] ?? ""] },
      "data/config/telemetry.env",
    ],
    ["what only a service's own file says stays there", { namedIn: ["web.env"] }, "web.env"],
    ["the legacy layout has one file", { order: [".env"], settings: ".env" }, ".env"],
    ["settings that Compose does not read give way to what it reads", { order: [".env"] }, ".env"],
  ] satisfies readonly (readonly [string, Partial<KeyPlaces>, string])[])("%s", (_, over, expected) => {
    expect(targetsFor(places(over))[0]).toBe(expected);
  });

  it("to take a key out is the one that counts", () => {
    expect(sayerOf(places({ saidIn: [".env", "data/config/custom.env"] }))).toBe("data/config/custom.env");
    expect(sayerOf(places({ namedIn: ["web.env"] }))).toBe("web.env");
    expect(sayerOf(places({}))).toBe(null);
  });
});

const model = (environment: Record<string, string>, over: object = {}): ComposeModel => ({
  name: "v1",
  services: { web: { image: "sha256:a", environment, ...over }, db: { image: "sha256:b" } },
  volumes: { data: { name: "v1_data" } },
});
const resolved = (values: Record<string, string>, own = model(values), dir = "/a"): Resolved => ({ model: own, dir, values });
const sources = [{ path: "docker-compose.yml", text: "services:\n  web: { env_file: .env, command: 'x ${LEVEL}' }\n  db: {}\n" }];
const read = ({ values }: Resolved) => Object.keys(values);
const check = (before: Resolved, after: Resolved, meant: Record<string, string | null>, env = "", compose = sources) =>
  checkChange({ before, after, meant, read: read(after), sources: compose, env: [entriesOf(env, ".env")] });

describe("what a change comes to", () => {
  it("is exact, wherever it was resolved", () => {
    const found = check(
      resolved({ A: "1", B: "2" }, model({ A: "1", B: "2" }, { working_dir: "/a/x" })),
      resolved({ A: "9", B: "2" }, model({ A: "9", B: "2" }, { working_dir: "/b/x" }), "/b"),
      { A: "9" },
    );
    expect(found).toEqual({ differences: [], overruled: [], managed: [], follows: [], services: ["web"] });
  });

  it("names what else changes", () => {
    const found = check(resolved({ A: "1", B: "2" }), resolved({ A: "9", B: "3" }), { A: "9" });
    expect(found.differences).toEqual(["the value of B", "services.web.environment.B"]);
    expect(check(resolved({}), resolved({}, model({}, { command: "y" })), { A: "9" }).differences).toEqual([
      "services.web.command",
    ]);
  });

  it("lets follow what is made of it", () => {
    const env = 'A=9\nURL="x://${A}"\n';
    const found = check(resolved({ A: "1", URL: "x://1" }), resolved({ A: "9", URL: "x://9" }), { A: "9" }, env);
    expect(found).toMatchObject({ differences: [], follows: ["URL"] });
    expect(check(resolved({}), resolved({}, model({}, { command: "y" })), { LEVEL: "9" })).toMatchObject({
      differences: [],
      follows: ["services.web.command"],
    });
  });

  it("knows another reading of the value, and who overrules it", () => {
    expect(check(resolved({}), resolved({ A: "8" }), { A: "9" })).toMatchObject({
      differences: ["the value of A, which Compose reads as another one"],
      overruled: [{ service: "web", key: "A" }],
    });
    // Compose writes $ as $$.
    expect(check(resolved({}), resolved({ A: "$x" }, model({ A: "$$x" })), { A: "$x" })).toMatchObject({
      differences: [],
      overruled: [],
    });
  });

  it("knows a value that Compose does not read at all", () => {
    const input = { before: resolved({}), after: resolved({}), meant: { A: "9" }, sources, env: [] };
    expect(checkChange({ ...input, read: ["A"] }).differences).toHaveLength(1);
    // A service's own file is none of those that count for all.
    expect(checkChange({ ...input, read: [] }).differences).toEqual([]);
  });

  it("tells what is graph-mgr's own", () => {
    const after = { ...model({}, { ports: [{ target: 80, published: "81" }] }), volumes: { data: { name: "other" } } };
    expect(check(resolved({}), resolved({}, after), { LEVEL: "1" }).managed).toEqual(["services.web.ports", "volumes.data.name"]);
  });

  it("gives new containers only to services that are others", () => {
    expect(changedServices(resolved({ A: "1" }), resolved({ A: "2" }))).toEqual(["web"]);
    expect(changedServices(resolved({ A: "1" }), resolved({ A: "1" }, model({ A: "1" }), "/b"))).toEqual([]);
  });
});

describe("an edited project stays the instance that it is", () => {
  const others = { volumes: new Set(["theirs"]), networks: new Set<string>(), containers: new Set(["their-web"]) };
  it.each([
    ["another project", { ...model({}), name: "v2" }, /project would be v2/],
    ["another volume", { ...model({}), volumes: { data: { name: "x" } } }, /volume data would be x instead of v1_data/],
    [
      "somebody else's volume",
      { ...model({}), volumes: { data: { name: "v1_data" }, more: { name: "theirs" } } },
      /volume theirs of somebody else/,
    ],
    ["another image", model({}, { image: "web:9" }), /web would run another image/],
    ["another container name", model({}, { container_name: "x" }), /container of web would have another name/],
    [
      "somebody else's container",
      { ...model({}), services: { ...model({}).services, more: { container_name: "their-web" } } },
      /container their-web of somebody else/,
    ],
  ] satisfies readonly (readonly [string, ComposeModel, RegExp])[])("but for %s", (_, after, expected) => {
    expect(isolationFaults(model({}), after, others).join()).toMatch(expected);
  });

  it("may have new services and volumes of its own", () => {
    const more = {
      ...model({}),
      services: { ...model({}).services, more: { image: "x" } },
      volumes: { data: { name: "v1_data" }, more: { name: "v1_more" } },
    };
    expect(isolationFaults(model({}), more, others)).toEqual([]);
  });

  it("tells its new ports", () => {
    const ports = (published: string) => model({}, { ports: [{ target: 80, published }] });
    expect(newPorts(ports("80"), ports("81")).map(({ host }) => host)).toEqual([81]);
    expect(newPorts(ports("80"), ports("80"))).toEqual([]);
  });
});

describe("without what graph-mgr set", () => {
  it("an env file has the vendor's values back, and everybody else's stay", () => {
    const sides = { base: "A=1 # a\nP=80\n", own: "A=1 # a\nP=8080\nCOMPOSE_PROJECT_NAME=v1\n" };
    expect(neutralEnv({ ...sides, mine: "A=2 # a\nP=8080\nCOMPOSE_PROJECT_NAME=v1\nNEW=x\n" }, ".env")).toBe(
      "A=2 # a\nP=80\nNEW=x\n",
    );
    expect(neutralEnv({ ...sides, mine: "P=9\n" }, ".env")).toBe("P=9\n");
  });

  it("a text has the vendor's lines back, also right beside an edit", () => {
    const sides = { base: "a\nimage: web:1\nb\n", own: "a\nimage: sha256:x\nb\n" };
    expect(neutralText({ ...sides, mine: "a\nmine\nimage: sha256:x\nb\n" })).toBe("a\nmine\nimage: web:1\nb\n");
    expect(neutralText({ ...sides, mine: "a\nimage: other\nb\n" })).toBe("a\nimage: other\nb\n");
  });
});
