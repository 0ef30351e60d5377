import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { BIN } from "./cli.ts";

/**
 * A `docker` on the PATH that from its N-th call on answers as one whose engine is gone; the N-th call is cut off half-way. Other tests
 * use the real engine meanwhile, so it cannot be stopped itself.
 */
export class FailingEngine {
  readonly folder: string;
  failures = 0;
  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<FailingEngine> {
    const engine = new FailingEngine(await mkdtemp(join(tmpdir(), "graph-mgr-test-docker-")));
    const { stdout: real } = await execa("sh", ["-c", "command -v docker"]);
    await mkdir(join(engine.folder, "bin"));
    const script = `#!/bin/sh
exec 9>>'${engine.folder}/calls'
flock 9
echo "$*" >&9
number=$(wc -l < '${engine.folder}/calls')
exec 9>&-
from=$(cat '${engine.folder}/from')
[ "$number" -ge "$from" ] || exec '${real}' "$@"
# The call that is under way when the engine goes: it has done something, and nobody says what.
[ "$number" -ne "$from" ] || timeout --signal=KILL 0.15 '${real}' "$@" >/dev/null
echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2
exit 1
`;
    await writeFile(join(engine.folder, "bin/docker"), script);
    await chmod(join(engine.folder, "bin/docker"), 0o755);
    return engine;
  }

  async during(fromCall: number, home: string, ...args: readonly string[]) {
    await rm(join(this.folder, "calls"), { force: true });
    await writeFile(join(this.folder, "from"), String(fromCall));
    const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, ...args, "--home", home], {
      reject: false,
      stdin: "ignore",
      env: { GRAPH_MGR_HOME: "", PATH: `${this.folder}/bin:${process.env.PATH}` },
    });
    const { stdout: calls } = await execa("wc", ["-l", join(this.folder, "calls")]);
    this.failures = Math.max(0, Number.parseInt(calls, 10) - fromCall + 1);
    return { code: exitCode ?? -1, stdout, stderr };
  }

  remove = (): Promise<void> => rm(this.folder, { recursive: true, force: true });
}
