import { readdirSync } from "node:fs";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { parseRecord } from "../../src/domain/instance.ts";
import { docker, TestHome } from "./support/cli.ts";
import { Workshop } from "./support/make-bundle.ts";

/** Compose projects as well-known products have them, written anew from what they say of themselves in public. */
const products = join(import.meta.dirname, "../fixtures/products");
const PRODUCTS = readdirSync(products).sort();
/** What their health checks and commands call, for containers that only stand for them. */
const STANDINS = ["curl", "pg_isready", "redis-cli"];
/** These are launched, too. */
const LAUNCHED = ["gitea", "n8n"];

let shop: Workshop;
let home: TestHome;
let standin: string;
/** Names that somebody gave images before; they get them back. */
const before = new Map<string, string>();

beforeAll(async () => {
  [shop, home] = [await Workshop.make(), await TestHome.make()];
  const tiny = await shop.image("standin");
  standin = `${shop.prefix}/standin:2`;
  shop.owns(standin);
  const lines = [
    `FROM ${tiny}`,
    `RUN for each in ${STANDINS.join(" ")}; do printf '#!/bin/sh\\nexit 0\\n' > /bin/$each && chmod 755 /bin/$each; done; ln -s serve /bin/worker`,
  ];
  await execa("docker", ["build", "--quiet", "--network=none", "--tag", standin, "-"], {
    input: lines.join("\n"),
    env: { DOCKER_BUILDKIT: "0" },
  });
});
afterAll(async () => {
  await home.remove();
  await shop.remove();
  for (const [reference, id] of before) await docker("tag", id, reference);
});

/** All profiles, as it stands in a folder, and nothing of this process's environment. */
async function resolved(dir: string, project?: string): Promise<ComposeModel> {
  const args = ["compose", ...(project === undefined ? [] : ["-p", project]), "--profile", "*", "config", "--format", "json"];
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], DOCKER_HOST: process.env["DOCKER_HOST"] };
  const { stdout } = await execa("docker", args, { cwd: dir, env: env as Record<string, string>, extendEnv: false });
  return JSON.parse(stdout) as ComposeModel;
}

/** A bundle that brings every image under its real name: all are one tiny image. */
async function bundleOf(product: string): Promise<{ readonly path: string; readonly vendor: string }> {
  const vendor = join(await mkdtemp(join(tmpdir(), "graph-mgr-vendor-")), product);
  await cp(join(products, product), vendor, { recursive: true });
  const { services } = await resolved(vendor, "vendor");
  const references = [...new Set(Object.values(services).flatMap(({ image }) => image ?? []))];
  for (const reference of references) {
    const { stdout, exitCode } = await execa("docker", ["image", "inspect", "-f", "{{.Id}}", reference], { reject: false });
    const id = await docker("image", "inspect", "-f", "{{.Id}}", standin);
    if (exitCode === 0 && stdout !== id && !before.has(reference)) before.set(reference, stdout);
    await docker("tag", standin, reference);
    shop.owns(reference);
  }
  await docker("save", "--output", join(vendor, "containers.tar"), ...references);
  for (const reference of references) await docker("image", "rm", "--no-prune", reference);
  return { path: vendor, vendor };
}

/** Where two models differ, as paths; what only one of them has is a difference, too. */
function differences(a: unknown, b: unknown, path = ""): readonly string[] {
  if (a === b) return [];
  const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
  if (!isPlain(a) || !isPlain(b)) return [path];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap(key => differences(a[key], b[key], path === "" ? key : `${path} ${key}`));
}

/** Every place that may differ, and nothing else may. */
const INTENDED = [
  /^name$/,
  /^services \S+ image$/,
  /^services \S+ container_name$/,
  /^services \S+ networks \S+( aliases( \d+)?)?$/,
  /^services \S+ ports \d+ published$/,
  /^services \S+ environment COMPOSE_PROJECT_NAME$/,
  /^services \S+ labels com\.example\.project$/,
  /^(volumes|networks) \S+ name$/,
  /^(secrets|configs) \S+ name$/,
  // What services were merged from, of which Compose makes nothing.
  /^x-\S+ image$/,
];

/** The model as it would be in another folder. */
const elsewhere = (model: ComposeModel, from: string, to: string): ComposeModel =>
  JSON.parse(JSON.stringify(model).replaceAll(`${from}/`, `${to}/`).replaceAll(`${from}"`, `${to}"`)) as ComposeModel;

const isPort = (path: string): boolean => path.endsWith(" published") || path.includes(" environment ");

async function recordOf(name: string) {
  const path = join(home.path, ".graph-mgr/instances", `${name}.json`);
  return parseRecord(await readFile(path, "utf8"), path);
}

type Listed = { readonly instances: readonly { readonly name: string; readonly project: string; readonly state: string }[] };

describe.each(PRODUCTS)("%s", product => {
  let vendor: string;
  let installed: string;
  let copied: string;

  beforeAll(async () => {
    const made = await bundleOf(product);
    vendor = made.vendor;
    const version = (await readFile(join(vendor, "VERSION"), "utf8")).trim();
    installed = `${version}-${home.suffix}`;
    copied = `${version}-${home.suffix}x`;
    await home.ok("install", made.path, "--name", home.suffix, "--secrets", "keep", "--no-launch", "--yes");
    await home.ok("copy", installed, "--name", `${home.suffix}x`, "--data", "none", "--no-launch", "--yes");
  });
  afterAll(async () => await rm(join(vendor, ".."), { recursive: true, force: true }));

  it("is installed and copied under names of its own, and Compose sees no other difference", async () => {
    const first = await resolved(vendor);
    const names = new Set<string>();
    for (const name of [installed, copied]) {
      const record = await recordOf(name);
      const model = await resolved(record.dir);
      const found = differences(elsewhere(first, vendor, record.dir), model);
      expect(found.filter(path => !INTENDED.some(pattern => pattern.test(path)) && !isPort(path))).toEqual([]);
      expect(model.name).toBe(record.project);
      for (const [service, { image, container_name: own }] of Object.entries(model.services)) {
        expect(image, service).toBe(record.images[service]?.id);
        if (own !== undefined) expect(own.startsWith(record.project), own).toBe(true);
      }
      const shared = [...Object.values(model.volumes ?? {}), ...Object.values(model.networks ?? {})];
      for (const { name: resource } of shared) {
        expect(resource).toMatch(new RegExp(`^${record.project}_`));
        expect(names.has(resource ?? ""), resource).toBe(false);
        names.add(resource ?? "");
      }
    }
  });

  it("publishes each port once, and the same ones of its containers as the vendor's file", async () => {
    const wanted = (model: ComposeModel) =>
      Object.entries(model.services).map(([service, { ports = [] }]) => [
        service,
        ports.map(({ target, protocol, host_ip: address }) => ({ target, protocol, address })),
      ]);
    const hosts = (model: ComposeModel) =>
      Object.values(model.services).flatMap(({ ports = [] }) =>
        ports.flatMap(({ published, protocol }) => (published === undefined ? [] : [`${published}/${protocol}`])),
      );
    const [first, one, two] = [
      await resolved(vendor),
      await resolved((await recordOf(installed)).dir),
      await resolved((await recordOf(copied)).dir),
    ];
    expect([wanted(one), wanted(two)]).toEqual([wanted(first), wanted(first)]);
    const all = [...hosts(one), ...hosts(two)];
    expect(all).toEqual([...new Set(all)]);
    expect(hosts(one)).toHaveLength(hosts(first).length);
  });

  it("keeps the values that containers get", async () => {
    const [first, one] = [await resolved(vendor), await resolved((await recordOf(installed)).dir)];
    const published = Object.values(one.services).flatMap(({ ports = [] }) => ports.flatMap(({ published: host }) => host ?? []));
    for (const [service, { environment = {} }] of Object.entries(first.services)) {
      const now = one.services[service]?.environment ?? {};
      for (const [key, value] of Object.entries(environment)) {
        // What stands in `.env` for a port comes into containers with it.
        if (now[key] !== value) expect(published.map(String), `${service} ${key}`).toContain(String(now[key]));
      }
    }
  });

  it("is listed", async () => {
    const { instances } = await home.json<Listed>("list");
    for (const name of [installed, copied])
      expect(instances.find(each => each.name === name)).toMatchObject({
        state: "created",
        project: (await recordOf(name)).project,
      });
  });

  it.runIf(LAUNCHED.includes(product))("runs beside its copy", async () => {
    for (const name of [installed, copied]) await home.ok("launch", name);
    const { instances } = await home.json<Listed>("list");
    for (const name of [installed, copied])
      expect(instances.find(each => each.name === name)).toMatchObject({ state: "running" });
    for (const name of [copied, installed]) await home.ok("stop", name);
  });
});
