import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";
import { Product } from "./support/product.ts";
import { SecondMachine } from "./support/second-machine.ts";
import { said } from "./support/small-home.ts";

/** The product that the manual is about, in both of its layouts and with both of its Postgres. */
const RELEASES = [
  ["v2.22.2", "15", "legacy"],
  ["v2.45.11", "17", "modern"],
] as const;
const ROWS = 20;
const timeout = 1_800_000;

interface Ports {
  readonly instances: readonly {
    readonly name: string;
    readonly ports: readonly { readonly container: number; readonly host: number }[];
  }[];
}
const httpPort = (listed: Ports, name: string): number =>
  listed.instances.find(each => each.name === name)!.ports.find(({ container }) => container === 80)!.host;

async function expectEverything(product: Product, ids: readonly string[]): Promise<void> {
  expect(await product.logIn("ada", "engine-no-1")).toBe(200);
  const datasets = await product.datasets();
  expect(datasets.map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(datasets.filter(each => !each.file_present)).toEqual([]);
  for (const [row, id] of ids.entries()) expect(await product.dataset(id)).toEqual({ status: 200, body: [row] });
}

describe.each(RELEASES)("%s, with Postgres %s and the %s layout", (release, major) => {
  let home: TestHome;
  let name: string;
  let port: number;
  const ids: string[] = [];
  beforeAll(async () => {
    home = await TestHome.make();
    name = `${release}-${home.suffix}`;
    await home.ok("install", bundle(release), "--name", home.suffix, "--yes");
    port = httpPort(await home.json<Ports>("list"), name);
    const product = new Product(port);
    expect(await product.signUp("ada", "engine-no-1")).toBe(201);
    for (let row = 0; row < ROWS; row++) ids.push(await product.makeDataset(`dataset ${row}`, [row]));
    const database = `${name.replaceAll(/[^a-z0-9]/g, "_")}-postgres-1`;
    expect(await docker("exec", database, "postgres", "--version")).toContain(`(PostgreSQL) ${major}.`);
  }, timeout);
  afterAll(() => home?.remove());

  it("comes back from its backup: users log in, every row and every file is there", { timeout }, async () => {
    const { backup } = await home.json<{ readonly backup: string }>("backup", "create");
    await home.ok("backup", "restore", backup, "--name", `${home.suffix}r`, "--yes");
    const restored = httpPort(await home.json<Ports>("list"), `${name}r`);
    expect(restored).not.toBe(port);
    await expectEverything(new Product(restored), ids);
    await expectEverything(new Product(port), ids);
  });

  it.runIf(process.getuid?.() === 0)(
    "moves to a bare machine: users log in there, every row and every file is there",
    { timeout },
    async () => {
      const second = await SecondMachine.up();
      try {
        const result = await home.run("migrate", second.target, name, ...second.access, "--yes");
        expect(result.code, said(result)).toBe(0);
        await expectEverything(new Product(port, second.address), ids);
        expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
      } finally {
        await second.down();
      }
    },
  );
});
