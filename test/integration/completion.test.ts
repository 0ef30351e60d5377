import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN } from "./support/cli.ts";
import { until } from "./support/engine.ts";

/** Completion at real prompts, by the key that people press. `graph-mgr` on the path writes down the words that it gets, and passes on what completion asks. */
const START: Readonly<Record<string, readonly [args: readonly string[], init: readonly string[]]>> = {
  bash: [["--norc", "--noprofile", "-i"], ["source <(graph-mgr completion bash)"]],
  zsh: [
    ["-f", "-i"],
    ["autoload -Uz compinit; compinit -D -u", "setopt no_auto_list; source <(graph-mgr completion zsh)"],
  ],
  fish: [["--no-config", "-i"], ["graph-mgr completion fish | source"]],
};
const isHere = (shell: string): boolean => spawnSync("sh", ["-c", `command -v ${shell}`]).status === 0;

let folder: string;
let home: string;
let heard: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-completion-"));
  [home, heard] = [join(folder, "home"), join(folder, "heard")];
  const instances = join(home, ".graph-mgr/instances");
  for (const each of [instances, join(folder, "bin"), join(folder, "work/deep folder")]) await mkdir(each, { recursive: true });
  for (const name of ["v2.22.2", "v2.22.2-training", "v2.22.2-trial"])
    await writeFile(join(instances, `${name}.json`), JSON.stringify({ services: ["caddy"] }));
  for (const name of ["my bundle: v1 $(touch evil).tar", "plain.tar.gz", "deep folder/inner.tgz"])
    await writeFile(join(folder, "work", name), "");
  const wrapper = join(folder, "bin/graph-mgr");
  const passed = `case "$1" in __complete|completion) exec "${process.execPath}" "${BIN}" "$@";; esac`;
  await writeFile(wrapper, `#!/bin/sh\n${passed}\nprintf '%s\\n' "$@" > "${heard}.new" && mv "${heard}.new" "${heard}"\n`);
  await chmod(wrapper, 0o755);
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** The words of the command line that comes of what is typed. */
async function typed(shell: string, keys: string): Promise<readonly string[]> {
  await rm(heard, { force: true });
  const [args, init] = START[shell] ?? [[], []];
  const child = spawn("script", ["-qfec", `stty cols 200 rows 40; exec ${shell} ${args.join(" ")}`, "/dev/null"], {
    cwd: join(folder, "work"),
    env: {
      HOME: folder,
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      GRAPH_MGR_HOME: home,
    },
  });
  let said = "";
  child.stdout.on("data", chunk => (said += String(chunk)));
  const ready = join(folder, "ready");
  await rm(ready, { force: true });
  try {
    child.stdin.write(`${[...init, `touch ${ready}`].join("\n")}\n`);
    await until(
      () => readFile(ready, "utf8").catch(() => null),
      text => text !== null,
      20_000,
    );
    child.stdin.write(keys);
    // What completion inserts comes before the line is ended.
    for (let before = -1; before !== said.length; ) {
      before = said.length;
      await new Promise(next => setTimeout(next, 700));
    }
    child.stdin.write("\r");
    return (
      await until(
        () => readFile(heard, "utf8").catch(() => ""),
        text => text !== "",
        20_000,
      )
    )
      .trimEnd()
      .split("\n");
  } catch (error) {
    throw new Error(`${shell} said:\n${said}`, { cause: error });
  } finally {
    child.kill("SIGKILL");
  }
}

describe.each(Object.keys(START))("completion in %s", shell => {
  const here = it.skipIf(!isHere(shell));

  here("completes commands, options, their values and instances", { timeout: 120_000 }, async () => {
    expect(await typed(shell, "graph-mgr stat\tv2.22.2-trai\t--js\t")).toEqual(["status", "v2.22.2-training", "--json"]);
    expect(await typed(shell, "graph-mgr copy v2.22.2-tria\t --data no\t--on-failure=st\t")).toEqual([
      "copy",
      "v2.22.2-trial",
      "--data",
      "none",
      "--on-failure=stop",
    ]);
  });

  here("F76 completes names with spaces, colons and what a shell would run, as they are", { timeout: 120_000 }, async () => {
    const name = "my bundle: v1 $(touch evil).tar";
    expect(await typed(shell, "graph-mgr install my\t")).toEqual(["install", name]);
    expect(await typed(shell, 'graph-mgr install "my\t')).toEqual(["install", name]);
    expect(await typed(shell, "graph-mgr install dee\tin\t")).toEqual(["install", "deep folder/inner.tgz"]);
    expect(await readFile(join(folder, "work/evil"), "utf8").catch(() => null)).toBe(null);
  });
});
