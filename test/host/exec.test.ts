import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { localExecutor } from "../../src/host/create-world.ts";
import { createExecutor } from "../../src/host/exec.ts";

const executor = localExecutor(process.env);
const given = () => new PassThrough().on("error", () => {});

it("a source that is given up ends who is fed with it", async () => {
  const source = given();
  const fed = executor.feed({ program: "cat", args: [] }, source);
  source.write("half of it");
  setTimeout(() => source.destroy(), 100);
  await expect(fed).rejects.toMatchObject({ code: "COMMAND_FAILED" });
});

it("a program that needs no more of what it is fed is not ended for that", async () => {
  const source = given();
  const fed = executor.feed({ program: "sh", args: ["-c", "exec 0<&-; sleep 0.3; echo done"] }, source);
  const feeding = setInterval(() => source.write(Buffer.alloc(100_000)), 20);
  expect(await fed.finally(() => clearInterval(feeding))).toBe("done");
});

it.each(["with", "without"])("a program that is not there is named, %s something that starts it", async how => {
  const started = how === "with" ? executor : createExecutor(process.env, []);
  const missing = { code: "NO_PROGRAM", message: 'There is no program "no-such-program" here.' };
  await expect(started.run({ program: "no-such-program", args: ["--version"] })).rejects.toMatchObject(missing);
  const piped = started.pipe({ program: "no-such-program", args: [] }, null);
  await expect(piped.next()).rejects.toMatchObject(missing);
  await expect(started.run({ program: "sh", args: ["-c", "exit 127"] })).rejects.toMatchObject({ code: "COMMAND_FAILED" });
});

describe("a Docker Engine that cannot be asked", () => {
  const said = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), "graph-mgr-exec-"));
    await writeFile(join(folder, "docker"), `#!/bin/sh\nprintf '%s\\n' '${text}' >&2\nexit 1\n`, { mode: 0o755 });
    try {
      return await createExecutor({ PATH: `${folder}:${process.env["PATH"]}` }, [])
        .run({ program: "docker", args: ["ps", "--format", "{{json .ID}}"] })
        .catch((error: unknown) => error);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it("is told without our command line: who may not, and what does not run", async () => {
    expect(
      await said("permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"),
    ).toMatchObject({
      code: "NO_ENGINE",
      message: "This user may not use the Docker Engine.",
      hint: expect.stringContaining("group docker"),
    });
    expect(
      await said(
        "docker: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?\nSee docker run --help",
      ),
    ).toMatchObject({
      code: "NO_ENGINE",
      message:
        "The Docker Engine does not answer: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
      hint: expect.stringContaining("systemctl start docker"),
    });
    expect(await said("Error: No such container: x")).toMatchObject({ code: "COMMAND_FAILED" });
  });
});
