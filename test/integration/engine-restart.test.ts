import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, until } from "./support/engine.ts";
import { Workshop, webCompose } from "./support/make-bundle.ts";
import { NEW, NOTES, OLD, SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/**
 * Restarts the engine, which is everybody's: only on request, and alone. `ENGINE_RESTART` is the command that does it, e.g.
 * `systemctl restart docker`; it may also be two commands in a script.
 */
const command = process.env["ENGINE_RESTART"] ?? "";

async function restart(): Promise<void> {
  await execa("sh", ["-c", command], { stdio: "inherit" });
  await until(
    () => docker("info", "--format", "{{.ID}}").catch(() => ""),
    id => id !== "",
    120_000,
  );
}

describe.runIf(command !== "")("after a restart of the engine", () => {
  let workshop: Workshop;
  let home: TestHome;
  beforeAll(async () => {
    workshop = await Workshop.make();
    home = await TestHome.make();
  });
  afterAll(async () => {
    await home.remove();
    await workshop.remove();
  });

  it("F16 a stopped instance stays stopped, and the one that ran runs", async () => {
    const image = await workshop.image("web");
    const bundle = await workshop.bundle({ compose: webCompose(image, { more: "restart: always" }) });
    const slug = `v1_0_0_${home.suffix}`;
    await home.ok("install", bundle, "--name", home.suffix, "--yes");
    await home.ok("install", bundle, "--name", `${home.suffix}b`, "--yes");
    await home.ok("stop", `v1.0.0-${home.suffix}`);
    await restart();
    await until(
      () => containersOf(`${slug}b`),
      all => all.length === 1 && all.every(each => each.State.Running),
    );
    expect((await containersOf(slug)).map(each => each.State.Running)).toEqual([false]);
    await home.ok("launch", `v1.0.0-${home.suffix}`);
    expect((await containersOf(slug)).map(each => each.HostConfig.RestartPolicy.Name)).toEqual(["always"]);
  });

  it("F16 after an update only the new release runs, and after a restart in the middle of one neither writes into what is left", async () => {
    const small = await SmallProduct.make();
    const { old, waits } = await small.releases();
    const own = await SmallHome.make(old);
    const running = async (release: string) =>
      (await containersOf(own.slug(release)))
        .filter(each => each.State.Running)
        .map(({ Name }) => Name)
        .sort();
    try {
      // In the window: the page is up, and the new release waits.
      const cut = own.home.run("update", waits, "--postgres", "dump", "--yes");
      await own.seen(NEW, "while not exists");
      await restart();
      const { code } = await cut;
      expect([4, 5]).toContain(code);
      if (code === 4) {
        expect(await running(OLD)).toEqual([]);
        await own.home.ok("undo");
      }
      await own.oldServes();

      const updated = own.home.run("update", waits, "--yes");
      await own.seen(NEW, "while not exists");
      await own.sql(NEW, "create table go()");
      expect((await updated).code).toBe(0);
      await restart();
      await until(
        () => running(NEW),
        seen => seen.length === 3,
      );
      expect(await own.notes(NEW)).toEqual(NOTES);
      expect(await running(OLD)).toEqual([]);
    } finally {
      await own.remove();
      await small.remove();
    }
  });
});
