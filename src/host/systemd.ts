import { constants, promises as fs } from "node:fs";
import { dirname, join } from "node:path";
import { EXIT, OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import type { Executor } from "./exec.ts";
import type { Systemd, UnitScope } from "./world.ts";

const TIMEOUT_MS = 60_000;

const systemctl = (scope: UnitScope, ...args: readonly string[]): Command => ({
  program: "systemctl",
  args: [...(scope === "user" ? ["--user"] : []), ...args],
});
const analyze = (...args: readonly string[]): Command => ({ program: "systemd-analyze", args });

/** How `docker` is found, and how it finds its plugins and its engine. A service of the machine has no HOME, and a PATH of its own. */
const NEEDED = ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"];

export function createSystemd(executor: Executor, environment: Readonly<Record<string, string | undefined>>): Systemd {
  const run = (command: Command) => executor.run(command, { timeoutMs: TIMEOUT_MS });
  const isFolder = async (path: string) =>
    await fs.stat(path).then(
      stat => stat.isDirectory(),
      () => false,
    );
  return {
    folder: scope =>
      scope === "system"
        ? "/etc/systemd/system"
        : join(environment["XDG_CONFIG_HOME"] || join(environment["HOME"] ?? "/", ".config"), "systemd/user"),
    // https://www.freedesktop.org/software/systemd/man/sd_booted.html; a user's manager has a folder of the same name.
    isRunning: async scope => {
      const runtime = environment["XDG_RUNTIME_DIR"] ?? "";
      if (scope === "system") return await isFolder("/run/systemd/system");
      return runtime !== "" && (await isFolder(join(runtime, "systemd")));
    },
    async mayWrite(folder) {
      for (let path = folder; ; path = dirname(path)) {
        try {
          await fs.access(path, constants.W_OK);
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOENT" || path === dirname(path)) return false;
        }
      }
    },
    async next(calendar) {
      try {
        const said = await run(analyze("calendar", "--iterations=1", "--", calendar));
        const [, next = "never"] = /^ *Next elapse: (.*)$/m.exec(said) ?? [];
        return next === "never" ? null : next;
      } catch (error) {
        if (error instanceof OperatorError && error.code === "NO_PROGRAM")
          throw new OperatorError("NO_PROGRAM", "There is no systemd on this machine.", {
            hint: "let cron run `graph-mgr backup nightly --home HOME --yes`",
            cause: error,
          });
        if (!(error instanceof OperatorError) || error.code !== "COMMAND_FAILED") throw error;
        throw new OperatorError("USAGE", `systemd does not know what time "${calendar.slice(0, 80)}" is.`, {
          exit: EXIT.usage,
          hint: "--calendar 'Mon..Fri 02:30'   (`man systemd.time`, under CALENDAR EVENTS)",
          cause: error,
        });
      }
    },
    async verify(paths) {
      await run(analyze("verify", "--man=no", ...paths));
    },
    async reload(scope) {
      await run(systemctl(scope, "daemon-reload"));
    },
    async isOn(unit, scope) {
      const said = await run(systemctl(scope, "show", unit, "--property=UnitFileState", "--property=ActiveState"));
      return { enabled: /^UnitFileState=enabled$/m.test(said), active: /^ActiveState=active$/m.test(said) };
    },
    async turn(timer, on, scope) {
      await run(systemctl(scope, on ? "enable" : "disable", "--now", timer));
    },
    async turnAtBoot(unit, on, scope) {
      await run(systemctl(scope, on ? "enable" : "disable", unit));
    },
    environment: () =>
      Object.fromEntries(
        NEEDED.flatMap(key => {
          const value = environment[key] ?? "";
          return value === "" ? [] : [[key, value]];
        }),
      ),
    async tell(program, facts) {
      await executor.run({ program, args: [], env: facts }, { timeoutMs: TIMEOUT_MS });
    },
  };
}
