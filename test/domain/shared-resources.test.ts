import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ComposeModel, MountModel, ServiceModel } from "../../src/domain/compose-model.ts";
import {
  ABOVE,
  externalNetworks,
  externalVolumes,
  fixedNetworks,
  isolationNames,
  onHostNetwork,
  outsideBinds,
  ownVolumes,
  publishedPorts,
  sharedDevices,
} from "../../src/domain/shared-resources.ts";

const model = (services: Record<string, ServiceModel>, rest: Partial<ComposeModel> = {}): ComposeModel => ({
  name: "p",
  services,
  ...rest,
});
const bind = (source: string, read_only?: boolean): MountModel => ({
  type: "bind",
  source,
  target: "/t",
  ...(read_only ? { read_only } : {}),
});

describe("binds", () => {
  it("names those whose source is not in the folder", () => {
    const inside = ["/srv/v1", "/srv/v1/", "/srv/v1/data", "/srv/v1/a/../b", "/srv/v1/..data"].map(source => bind(source));
    const outside = ["/srv/v10", "/srv", "/srv/v1/../v2", "/", "/srv/v1-x/data"];
    const found = outsideBinds(model({ s: { volumes: [...inside, ...outside.map(source => bind(source))] } }), "/srv/v1");
    expect(found.map(({ source }) => source)).toEqual(["/srv/v10", "/srv", "/srv/v2", "/", "/srv/v1-x/data"]);
  });

  it("F44 tells sockets and devices from directories that hold data", () => {
    const kinds = (sources: readonly string[]) =>
      outsideBinds(model({ s: { volumes: sources.map(source => bind(source)) } }), "/srv").map(({ kind }) => kind);
    const harmless = [
      "/var/run/docker.sock",
      "/dev/nvidia0",
      "/dev",
      "/proc",
      "/sys/fs/cgroup",
      "/etc/localtime",
      "/tmp/.X11-unix",
    ];
    const stores = ["/dev/shm", "/dev/shm/x", "/data", "/var/run", "/etc/localtime.d", "/development", "/etc"];
    expect(kinds(harmless)).toEqual(harmless.map(() => "socket-or-device-like"));
    expect(kinds(stores)).toEqual(stores.map(() => "path"));
  });

  it("says who, where and whether it is written to, with Compose's dollars undone", () => {
    expect(
      outsideBinds(model({ s: { volumes: [bind("/a$$b", true), { type: "volume", source: "v", target: "/v" }] } }), "/srv"),
    ).toEqual([{ service: "s", source: "/a$b", target: "/t", readOnly: true, kind: "path", leaving: null }]);
  });

  it("a path that leaves the bundle by .. is known as the bundle has it, however far it goes", () => {
    const dir = ["/tmp/graph-mgr-x1", ...ABOVE].join("/");
    const found = (...paths: string[]) =>
      outsideBinds(model({ s: { volumes: paths.map(path => bind(join(dir, path))) } }), dir).map(({ leaving }) => leaving);
    expect(found("../shared", "../../a/b", "data")).toEqual(["../shared", "../../a/b"]);
    expect(outsideBinds(model({ s: { volumes: [bind("/tmp/shared")] } }), dir)[0]?.leaving).toBeNull();
  });

  it("F48 binds that come by volumes_from count for who takes them over", () => {
    const services = { a: { volumes: [bind("/x")], volumes_from: ["b"] }, b: { volumes_from: ["a:ro", "container:c"] } };
    expect(outsideBinds(model(services), "/srv").map(({ service, readOnly }) => [service, readOnly])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });
});

it("networks with addresses of their own, and services in the machine's network, are told", () => {
  const networks = {
    fixed: { name: "p_fixed", ipam: { config: [{ subnet: "10.5.0.0/16" }] } },
    theirs: { name: "theirs", external: true, ipam: { config: [{ subnet: "10.6.0.0/16" }] } },
    plain: { name: "p_plain", ipam: {} },
  };
  const all = { ...model({ a: { network_mode: "host" }, b: { network_mode: "service:a" } }), networks };
  expect([fixedNetworks(all), onHostNetwork(all)]).toEqual([[{ key: "fixed", subnet: "10.5.0.0/16" }], ["a"]]);
});

describe("volumes", () => {
  const volumes = {
    own: { name: "p_own" },
    theirs: { name: "theirs", external: true },
    nfs: { name: "p_nfs", driver_opts: { type: "nfs", o: "addr=10.0.0.1", device: ":/export" } },
    bound: { name: "p_bound", driver: "local", driver_opts: { type: "none", o: "bind", device: "/srv/data" } },
    inside: { name: "p_inside", driver_opts: { o: "bind", device: "/srv/v1/data" } },
    memory: { name: "p_memory", driver_opts: { type: "tmpfs", device: "tmpfs" } },
    plugin: { name: "p_plugin", driver: "vieux/sshfs", driver_opts: { sshcmd: "u@h:/x" } },
  };

  it("F44 names volumes that are another name for somebody's storage", () => {
    const found = (dir: string | null) => sharedDevices(model({}, { volumes }), dir).map(({ key, device }) => `${key} ${device}`);
    expect(found(null)).toEqual(["nfs :/export", "bound /srv/data", "inside /srv/v1/data", "plugin u@h:/x"]);
    expect(found("/srv/v1")).toEqual(["nfs :/export", "bound /srv/data", "plugin u@h:/x"]);
  });

  it("F43 names what is external", () => {
    const networks = { n: { name: "n", external: true }, o: { name: "o" } };
    expect(externalVolumes(model({}, { volumes }))).toEqual([{ key: "theirs", name: "theirs" }]);
    expect(externalNetworks(model({}, { networks }))).toEqual([{ key: "n", name: "n" }]);
    expect(externalVolumes(model({}))).toEqual([]);
  });

  it("F48 tells who mounts each own volume and whether anybody writes", () => {
    const mount = (source: string, read_only = false): MountModel => ({
      type: "volume",
      source,
      target: `/${source}`,
      read_only,
    });
    const services = {
      a: { volumes: [mount("own"), mount("nfs", true)] },
      b: { volumes_from: ["a:ro"] },
      c: { volumes: [mount("theirs")] },
    };
    const found = ownVolumes(model(services, { volumes: { own: volumes.own, nfs: volumes.nfs, theirs: volumes.theirs } }));
    expect(found).toEqual([
      { key: "own", name: "p_own", services: ["a", "b"], writable: true },
      { key: "nfs", name: "p_nfs", services: ["a", "b"], writable: false },
    ]);
  });
});

describe("ports", () => {
  it("lists every host port, ranges one by one", () => {
    const ports = [
      { target: 80, published: "80", protocol: "tcp" },
      { target: 53, published: "5300-5301", protocol: "udp", host_ip: "::1" },
      { target: 81 },
    ];
    expect(publishedPorts(model({ s: { ports } }))).toEqual([
      { service: "s", container: 80, protocol: "tcp", host: 80, address: "0.0.0.0" },
      { service: "s", container: 53, protocol: "udp", host: 5300, address: "::1" },
      { service: "s", container: 53, protocol: "udp", host: 5301, address: "::1" },
      { service: "s", container: 81, protocol: "tcp", host: null, address: "0.0.0.0" },
    ]);
  });

  it("refuses protocols that it cannot move", () => {
    expect(() => publishedPorts(model({ s: { ports: [{ target: 1, published: "1", protocol: "sctp" }] } }))).toThrow(/1\/sctp/);
  });
});

describe("names of its own", () => {
  it("F45 volumes and networks are named after the slug and their key, by the name that they have now", () => {
    const volumes = { a: { name: "shared" }, b: { name: "shared" }, c: { name: "p_c" }, x: { name: "x", external: true } };
    const networks = { default: { name: "p_default" }, grph: { name: "grph_net" } };
    expect(isolationNames(model({}, { volumes, networks }), "v1")).toEqual({
      volumes: { shared: "v1_a", p_c: "v1_c" },
      networks: { p_default: "v1_default", grph_net: "v1_grph" },
      containers: {},
    });
  });

  it("F36 containers keep their name behind the slug, without the one that they come from", () => {
    const names = (old: string | null, ...containers: string[]) =>
      isolationNames(model(Object.fromEntries(containers.map(name => [name, { container_name: name }]))), "v2", old).containers;
    expect(names(null, "web", "v1_db")).toEqual({ web: "v2_web", v1_db: "v2_v1_db" });
    expect(names("v1", "web", "v1_db", "v10_x")).toEqual({ web: "v2_web", v1_db: "v2_db", v10_x: "v2_v10_x" });
    expect(names("v1", "db", "v1_db")).toEqual({ db: "v2_db", v1_db: "v2_v1_db" });
    expect(names(null, "v2_web")).toEqual({ v2_web: "v2_web" });
  });

  it("the product's own bundles", () => {
    const fixture = join(import.meta.dirname, "../fixtures/compose/modern/model.json");
    expect(isolationNames(JSON.parse(readFileSync(fixture, "utf8")) as ComposeModel, "v2_45_11_x")).toMatchInlineSnapshot(`
      {
        "containers": {},
        "networks": {
          "grph_net": "v2_45_11_x_grph",
        },
        "volumes": {
          "v2_45_11_local_media_mount": "v2_45_11_x_local_media_mount",
          "v2_45_11_postgres_backups": "v2_45_11_x_postgres_backups",
          "v2_45_11_postgres_data": "v2_45_11_x_postgres_data",
        },
      }
    `);
  });
});
