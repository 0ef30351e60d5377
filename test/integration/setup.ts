import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { sampleBundles } from "./support/bundles.ts";

const root = join(import.meta.dirname, "../..");

/** What the integration tests stand on, made where it is missing: an engine that answers, the sample bundles, the program as it is in src now, and once more with what kills it. */
export async function setup(): Promise<void> {
  await script("engine.sh");
  await script("samples.sh", ...sampleBundles);
  for (const [program, build] of [
    ["dist/graph-mgr.js", "build"],
    ["dist-test/graph-mgr.js", "build:faults"],
  ] as const) {
    if (isStale(program)) await execa("npm", ["run", "--silent", build], { cwd: root, stdin: "ignore", stdout: 2, stderr: 2 });
  }
}

/** Runs one of scripts/; what it says goes to our stderr, because it may install things and take minutes. */
async function script(name: string, ...args: readonly string[]): Promise<void> {
  await execa("bash", [join(root, "scripts", name), ...args], { cwd: root, stdin: "ignore", stdout: "ignore", stderr: 2 });
}

function isStale(built: string): boolean {
  const program = join(root, built);
  if (!existsSync(program)) return true;
  const builtAtMs = statSync(program).mtimeMs;
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).some(
    path => (statSync(join(root, "src", path), { throwIfNoEntry: false })?.mtimeMs ?? 0) > builtAtMs,
  );
}
