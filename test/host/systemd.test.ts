import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import { localExecutor } from "../../src/host/create-world.ts";
import type { Executor } from "../../src/host/exec.ts";
import { createSystemd } from "../../src/host/systemd.ts";

let ran: string[];
let answer: string | Error;
const executor = {
  run: async ({ program, args }: Command) => {
    ran.push([program, ...args].join(" "));
    if (answer instanceof Error) throw answer;
    return answer;
  },
} as unknown as Executor;
beforeEach(() => {
  ran = [];
  answer = "";
});

const systemd = createSystemd(executor, { HOME: "/home/ann", DOCKER_HOST: "tcp://engine:2376", PATH: "/bin", PGPASSWORD: "x" });

it("asks systemd in these words", async () => {
  await systemd.reload("system");
  await systemd.turn("x.timer", true, "system");
  await systemd.turn("x.timer", false, "user");
  await systemd.turnAtBoot("x.service", true, "system");
  await systemd.turnAtBoot("x.service", false, "user");
  await systemd.isOn("x.timer", "user");
  await systemd.verify(["/u/x.service", "/u/x.timer"]);
  await systemd.next("Mon 02:30");
  expect(ran).toEqual([
    "systemctl daemon-reload",
    "systemctl enable --now x.timer",
    "systemctl --user disable --now x.timer",
    "systemctl enable x.service",
    "systemctl --user disable x.service",
    "systemctl --user show x.timer --property=UnitFileState --property=ActiveState",
    "systemd-analyze verify --man=no /u/x.service /u/x.timer",
    "systemd-analyze calendar --iterations=1 -- Mon 02:30",
  ]);
});

it("knows what it is answered", async () => {
  answer = "UnitFileState=enabled\nActiveState=active";
  expect(await systemd.isOn("x.timer", "system")).toEqual({ enabled: true, active: true });
  answer = "UnitFileState=disabled\nActiveState=inactive";
  expect(await systemd.isOn("x.timer", "system")).toEqual({ enabled: false, active: false });
  answer = "UnitFileState=\nActiveState=inactive";
  expect(await systemd.isOn("x.timer", "system")).toEqual({ enabled: false, active: false });
  answer =
    "  Original form: 02:30\nNormalized form: *-*-* 02:30:00\n    Next elapse: Sun 2026-11-22 02:30:00 CET\n       (in UTC): Sun 2026-11-22 01:30:00 UTC";
  expect(await systemd.next("02:30")).toBe("Sun 2026-11-22 02:30:00 CET");
  answer = "Normalized form: 2020-01-01 00:00:00\n    Next elapse: never";
  expect(await systemd.next("2020-01-01")).toBe(null);
  answer = new OperatorError("COMMAND_FAILED", "Failed to parse calendar specification");
  await expect(systemd.next("gaga")).rejects.toThrow(
    expect.objectContaining({ code: "USAGE", exit: 2, message: 'systemd does not know what time "gaga" is.' }),
  );
});

it("names another clock where there is no systemd", async () => {
  answer = new OperatorError("NO_PROGRAM", 'There is no program "systemd-analyze" here.');
  await expect(systemd.next("daily")).rejects.toThrow(
    expect.objectContaining({ code: "NO_PROGRAM", exit: 3, hint: expect.stringContaining("cron") }),
  );
});

it("gives units what finds docker and the engine, and no more of our environment", () => {
  expect(systemd.environment()).toEqual({ PATH: "/bin", HOME: "/home/ann", DOCKER_HOST: "tcp://engine:2376" });
  expect(systemd.folder("system")).toBe("/etc/systemd/system");
  expect(systemd.folder("user")).toBe("/home/ann/.config/systemd/user");
  expect(createSystemd(executor, { XDG_CONFIG_HOME: "/cfg" }).folder("user")).toBe("/cfg/systemd/user");
});

let folder: string | null = null;
afterEach(async () => {
  if (folder !== null) await rm(folder, { recursive: true });
  folder = null;
});

it("F76 tells a program by its environment, whatever is in it", async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-tell-"));
  const [program, out] = [join(folder, "tell me"), join(folder, "out")];
  await writeFile(program, `#!/bin/sh\nprintf '%s|%s' "$#" "$GRAPH_MGR_MESSAGE" > "${out}"\n`);
  await chmod(program, 0o700);
  const real = createSystemd(localExecutor(process.env), process.env);
  const message = "a\n$(touch /tmp/graph-mgr-evil) `x` \"'; %n";
  await real.tell(program, { GRAPH_MGR_MESSAGE: message });
  expect(await readFile(out, "utf8")).toBe(`0|${message}`);
  await expect(real.tell(join(folder, "none"), {})).rejects.toThrow(expect.objectContaining({ code: expect.any(String) }));
});

it("knows where it may write, also below what is not there yet", async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-units-"));
  const real = createSystemd(executor, {});
  expect(await real.mayWrite(join(folder, "a/b"))).toBe(true);
  await writeFile(join(folder, "file"), "");
  expect(await real.mayWrite(join(folder, "file/units"))).toBe(false);
});
