// What the measurements with a product of many gigabytes have in common (bench-update.js, bench-backup.js).
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const program = resolve(import.meta.dirname, "../dist/graph-mgr.js");
const samples = process.env.GRAPH_MGR_SAMPLES || join(homedir(), ".cache/graph-mgr/samples");
export const bundle = release => join(samples, `graphistry-${release}.tar.gz`);

export const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "pipe"], ...options }).trim();
export const docker = (...args) => run("docker", args);
export const shell = (script, ...args) => run("bash", ["-euo", "pipefail", "-c", script, "bench", ...args]);
export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const seconds = work => {
  const begun = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begun) / 1e9;
};
export const slugOf = name => name.replaceAll(/[^a-z0-9]/g, "_");
/** For a line of JSON. */
export const rounded = (_, value) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : value);

/** A home of its own, and names that nobody else has. @param env for graph-mgr */
export function newHome(what, env = {}) {
  const suffix = `b${randomBytes(4).toString("hex")}`;
  const path = mkdtempSync(join(tmpdir(), `graph-mgr-bench-${what}-`));
  const folder = name => join(path, "releases", name);
  return {
    path,
    suffix,
    folder,
    graphMgr: (...args) => run(process.execPath, [program, "--home", path, ...args], { env: { ...process.env, ...env } }),
    /** pgbench's tables and rows of jsonb, half and half: so many GB more. */
    fillDatabase(name, gb) {
      const sql = `CREATE TABLE IF NOT EXISTS event (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), body jsonb);
    INSERT INTO event (body) SELECT jsonb_build_object('n', n, 'text', md5(n::text), 'more', repeat(md5((n * 7)::text), 4)) FROM generate_series(1, ${Math.round(gb * 1_250_000)}) n;`;
      const inside = ["compose", "--project-directory", folder(name), "exec", "-T", "postgres"];
      docker(...inside, "pgbench", "-i", "-q", "-s", String(Math.round(gb * 50)), "-U", "graphistry", "graphistry");
      docker(...inside, "psql", "-q", "-U", "graphistry", "-c", sql, "-c", "VACUUM ANALYZE", "-c", "CHECKPOINT", "graphistry");
    },
    /** The folder of the newest operation of a kind, and its steps with the seconds that they took. */
    newest(kind) {
      const operations = join(path, ".graph-mgr/operations");
      const name = readdirSync(operations)
        .filter(each => each.includes(`-${kind}-`))
        .sort()
        .at(-1);
      const began = new Map();
      const steps = [];
      for (const line of readFileSync(join(operations, name, "log"), "utf8").split("\n")) {
        const [, time, what, step, title] = /^(\S+) (doing|done) (\d+)\/\d+ (.*)$/.exec(line) ?? [];
        if (what === "doing") began.set(step, Date.parse(time));
        if (what === "done") steps.push([title.replaceAll(suffix, ""), (Date.parse(time) - began.get(step)) / 1000]);
      }
      return { folder: join(operations, name), steps };
    },
    /** Of instances with these names nothing stays on the engine, and the home goes. */
    remove(names) {
      for (const name of names) {
        const label = `label=com.docker.compose.project=${slugOf(name)}`;
        const of = (...list) =>
          docker(...list, "--filter", label)
            .split("\n")
            .filter(Boolean);
        for (const id of of("ps", "-aq")) docker("rm", "--force", "--volumes", id);
        for (const id of of("volume", "ls", "-q")) docker("volume", "rm", id);
        for (const id of of("network", "ls", "-q")) docker("network", "rm", id);
        const tags = docker(
          "image",
          "ls",
          "--filter",
          `reference=graph-mgr/${slugOf(name)}/*`,
          "--format",
          "{{.Repository}}:{{.Tag}}",
        );
        for (const tag of tags.split("\n").filter(Boolean)) docker("image", "rm", "--no-prune", tag);
      }
      rmSync(path, { recursive: true, force: true });
    },
  };
}
