import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, until } from "./support/engine.ts";
import { Workshop, webCompose } from "./support/make-bundle.ts";

/**
 * Restarts the engine, which is everybody's: only on request, and alone. `ENGINE_RESTART` is the command that does it, e.g.
 * `systemctl restart docker`; it may also be two commands in a script.
 */
const command = process.env["ENGINE_RESTART"] ?? "";

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
    await execa("sh", ["-c", command], { stdio: "inherit" });
    await until(
      () => docker("info", "--format", "{{.ID}}").catch(() => ""),
      id => id !== "",
      120_000,
    );
    await until(
      () => containersOf(`${slug}b`),
      all => all.length === 1 && all.every(each => each.State.Running),
    );
    expect((await containersOf(slug)).map(each => each.State.Running)).toEqual([false]);
    await home.ok("launch", `v1.0.0-${home.suffix}`);
    expect((await containersOf(slug)).map(each => each.HostConfig.RestartPolicy.Name)).toEqual(["always"]);
  });
});
