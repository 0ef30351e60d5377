import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, engineSnapshot, TestHome } from "./support/cli.ts";
import { Product } from "./support/product.ts";

interface Listed {
  readonly current: string | null;
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly health: string;
    readonly project: string;
    readonly ports: readonly { readonly container: number; readonly host: number }[];
    readonly volumes: readonly { readonly key: string; readonly name: string }[];
  }[];
}

const port = (listed: Listed, name: string): number => {
  const found = listed.instances.find(each => each.name === name)?.ports.find(({ container }) => container === 80)?.host;
  if (found === undefined) throw new Error(`${name} is not listed with a port`);
  return found;
};

/** Any image will do for a container that never runs. */
async function someImage(): Promise<string> {
  const [image] = (await docker("image", "ls", "--quiet", "--filter", "reference=gm/base")).split("\n");
  return image!;
}

describe("the story with v2.22.2", { tags: ["usual"] }, () => story("v2.22.2"));
describe("the story with v2.45.11", () => story("v2.45.11"));

function story(release: "v2.22.2" | "v2.45.11"): void {
  let home: TestHome;
  /** Things of somebody else on the same engine. */
  let bystander: string;
  let name: string;
  let copy: string;
  let source: Product;
  let training: Product;

  beforeAll(async () => {
    home = await TestHome.make();
    bystander = `gmtest-${home.suffix}-bystander`;
    await docker("volume", "create", bystander);
    await docker("network", "create", bystander);
    await docker("create", "--name", bystander, "--network", bystander, "--volume", `${bystander}:/b`, await someImage(), "true");
    name = `${release}-${home.suffix}`;
    copy = `${release}-${home.suffix}b`;
  });
  afterAll(async () => {
    await home.remove();
    await docker("rm", bystander);
    await docker("network", "rm", bystander);
    await docker("volume", "rm", bystander);
  });

  it("installs a release that serves, with secrets of its own", async () => {
    const { stdout } = await home.ok("install", bundle(release), "--name", home.suffix, "--yes");
    expect(stdout).toContain("install finished");
    const listed = await home.json<Listed>("list");
    expect(listed.current).toBe(name);
    expect(listed.instances).toMatchObject([{ name, state: "running", health: "healthy" }]);
    source = new Product(port(listed, name));
    expect((await source.version()).version).toBe(release);
    expect(await source.signUp("ada", "engine-no-1")).toBe(201);
    expect(await source.logIn("ada", "engine-no-1")).toBe(200);
  });

  it("copies it with its data while it serves", async () => {
    const id = await source.makeDataset("before the copy", [1, 2, 3]);
    await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "dump", "--yes");
    training = new Product(port(await home.json<Listed>("list"), copy));
    expect(await training.logIn("ada", "engine-no-1")).toBe(200);
    expect(await training.datasets()).toMatchObject([{ id, name: "before the copy", file_present: true }]);
    expect(await training.dataset(id)).toMatchObject({ status: 200, body: [1, 2, 3] });
  });

  it("keeps the two apart: 100 requests to each are answered by its own database", async () => {
    const own = [(await source.version()).system_identifier, (await training.version()).system_identifier];
    expect(own[0]).not.toBe(own[1]);
    for (let count = 0; count < 100; count++) {
      expect((await source.version()).system_identifier).toBe(own[0]);
      expect((await training.version()).system_identifier).toBe(own[1]);
    }
    const id = await source.makeDataset("only here", []);
    expect((await training.datasets()).map(each => each.id)).not.toContain(id);
    const other = await training.makeDataset("only there", []);
    expect((await source.datasets()).map(each => each.id)).not.toContain(other);
  });

  it("stops, restarts and removes one without touching the other", async () => {
    await home.ok("stop", copy);
    expect((await source.version()).version).toBe(release);
    await home.ok("launch", copy);
    expect(await training.logIn("ada", "engine-no-1")).toBe(200);
    await home.ok("restart", name);
    expect(await source.logIn("ada", "engine-no-1")).toBe(200);
    await home.ok("stop", copy);
    await home.ok("remove", copy, "--volumes", "--confirm", copy);
    expect((await source.datasets()).map(each => each.name)).toEqual(expect.arrayContaining(["before the copy", "only here"]));
    expect((await home.json<Listed>("list")).instances.map(each => each.name)).toEqual([name]);
  });

  it("leaves nothing behind once both are removed", async () => {
    await home.ok("stop", name);
    await home.ok("remove", name, "--current", "--volumes", "--confirm", name);
    const after = await engineSnapshot(home.suffix);
    for (const kind of ["containers", "volumes", "networks"] as const) expect(after[kind]).toEqual([bystander]);
  });
}
