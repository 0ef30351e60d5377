// bench-update.js [--gb 0.3,1.2,4] [--rounds 3] [--out FILE]: `npm run bench:update`. The window of an update and its parts against the documented manual commands, side by side
// in one run and in turns: v2.22.2 with a database of each size, to v2.23.0. Needs a Docker Engine that has nothing else to do, and six times the size on its disk.
// Option A is held against `exec pg_dump | gzip -9` and `zcat | exec psql`, all of which is in their window and proves nothing: what it does in the window, with the proof
// of both sides, at least twice as fast, while the application writes to both large tables until it is stopped. What is done ahead of the window is shown beside it. Option B
// against `cp -a` and `sync` of the same volume: at most 1.2 times, its proof apart. Exits 1 when a bar is missed.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: { gb: { type: "string" }, rounds: { type: "string" }, out: { type: "string" } },
});
const sizes = (flags.gb ?? "0.3,1.2,4").split(",").map(Number);
const rounds = Number(flags.rounds ?? 3);
const program = resolve(import.meta.dirname, "../dist/graph-mgr.js");
const samples = process.env.GRAPH_MGR_SAMPLES || join(homedir(), ".cache/graph-mgr/samples");
const bundle = release => join(samples, `graphistry-${release}.tar.gz`);

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "pipe"], ...options }).trim();
const docker = (...args) => run("docker", args);
const shell = (script, ...args) => run("bash", ["-euo", "pipefail", "-c", script, "bench", ...args]);
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const seconds = work => {
  const begun = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begun) / 1e9;
};

const suffix = `b${randomBytes(4).toString("hex")}`;
const home = mkdtempSync(join(tmpdir(), "graph-mgr-bench-update-"));
const graphMgr = (...args) => run(process.execPath, [program, "--home", home, ...args]);
const slugOf = name => name.replaceAll(/[^a-z0-9]/g, "_");
const [old, next] = [`v2.22.2-${suffix}`, `v2.23.0-${suffix}`];
const folder = name => join(home, "releases", name);

/** pgbench's tables and rows of jsonb, half and half. */
function fill(gb) {
  const scale = Math.round(gb * 50);
  const rows = Math.round(gb * 1_250_000);
  const sql = `CREATE TABLE IF NOT EXISTS event (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), body jsonb);
    INSERT INTO event (body) SELECT jsonb_build_object('n', n, 'text', md5(n::text), 'more', repeat(md5((n * 7)::text), 4)) FROM generate_series(1, ${rows}) n;`;
  const inside = ["compose", "--project-directory", folder(old), "exec", "-T", "postgres"];
  docker(...inside, "pgbench", "-i", "-q", "-s", String(scale), "-U", "graphistry", "graphistry");
  docker(...inside, "psql", "-q", "-U", "graphistry", "-c", sql, "-c", "VACUUM ANALYZE", "-c", "CHECKPOINT", "graphistry");
}

/** Seconds of each step of the last operation, by what its title begins with. */
function steps() {
  const folders = readdirSync(join(home, ".graph-mgr/operations"))
    .filter(name => name.includes("-update-"))
    .sort();
  const at = join(home, ".graph-mgr/operations", folders.at(-1));
  const began = new Map();
  const took = [];
  for (const line of readFileSync(join(at, "log"), "utf8").split("\n")) {
    const [, time, what, step, title] = /^(\S+) (doing|done) (\d+)\/\d+ (.*)$/.exec(line) ?? [];
    if (what === "doing") began.set(step, Date.parse(time));
    if (what === "done") took.push({ title, seconds: (Date.parse(time) - began.get(step)) / 1000 });
  }
  const of = text => took.filter(({ title }) => title.startsWith(text)).reduce((sum, each) => sum + each.seconds, 0);
  const proof = join(at, "volume-postgres_data.json");
  const windowBegan = took.findIndex(({ title }) => title.startsWith("Stop "));
  const parts = took.slice(windowBegan).map(({ title, seconds }) => [title.replaceAll(suffix, ""), seconds]);
  return {
    ahead: of("Dump") + of("Restore"),
    follow: of("Move what was written"),
    parts,
    copy: () => JSON.parse(readFileSync(proof, "utf8")),
  };
}

/** The documented commands, into a Postgres that is up and empty. */
function documentedDump() {
  const target = `v2.23.0-${suffix}a`;
  graphMgr("install", bundle("v2.23.0"), "--name", `${suffix}a`, "--no-launch", "--yes");
  docker("compose", "--project-directory", folder(target), "up", "--detach", "--wait", "postgres");
  const file = join(home, "backup.sql.gz");
  const exec = 'docker compose --project-directory "$1" exec -T postgres';
  shell('docker compose --project-directory "$1" stop caddy nginx nexus', folder(old));
  const dump = seconds(() => shell(`${exec} pg_dump -U graphistry graphistry | gzip -9 > "$2"`, folder(old), file));
  const restore = seconds(() => shell(`zcat "$2" | ${exec} psql -q -U graphistry graphistry > /dev/null`, folder(target), file));
  shell('docker compose --project-directory "$1" start', folder(old));
  rmSync(file);
  graphMgr("stop", target);
  graphMgr("remove", target, "--volumes", "--confirm", target);
  return { dump, restore };
}

function documentedCopy() {
  const root = join(docker("info", "-f", "{{.DockerRootDir}}"), "volumes");
  const [from, to] = [`${slugOf(old)}_postgres_data`, `${slugOf(old)}_bench`];
  graphMgr("stop", old);
  docker("volume", "create", to);
  const copy = seconds(() => shell('cp -a "$1/." "$2/"; sync -f "$2"', join(root, from, "_data"), join(root, to, "_data")));
  docker("volume", "rm", to);
  graphMgr("launch", old);
  return { copy };
}

/** An application that goes on writing into both large tables until it is stopped. */
function writer() {
  const sql = `UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid IN (SELECT 1 + (random() * 99999)::int FROM generate_series(1, 50));
    INSERT INTO event (body) SELECT body FROM event ORDER BY id LIMIT 50`;
  const script =
    'while [ "$(docker inspect -f {{.State.Running}} "$1-nexus-1")" = true ]; do docker exec "$1-postgres-1" psql -q -U graphistry -c "$2" graphistry; sleep 1; done';
  return spawn("bash", ["-c", script, "writer", slugOf(old), sql], { stdio: "ignore" });
}

function ours(method) {
  const writing = writer();
  const { downtimeMs } = JSON.parse(
    graphMgr("update", bundle("v2.23.0"), "--from", old, "--postgres", method, "--yes", "--json"),
  );
  writing.kill();
  const measured = { downtime: downtimeMs / 1000, ...steps() };
  if (method === "copy") Object.assign(measured, measured.copy());
  graphMgr("rollback", "--accept-loss", "--yes");
  graphMgr("remove", next, "--volumes", "--confirm", next);
  rmSync(join(home, "backups"), { recursive: true, force: true });
  return measured;
}

const results = [];
try {
  graphMgr("install", bundle("v2.22.2"), "--name", suffix, "--yes");
  let have = 0;
  for (const gb of sizes) {
    fill(gb - have);
    have = gb;
    const [a, b, byHandA, byHandB] = [[], [], [], []];
    for (let round = 0; round < rounds; round++) {
      byHandA.push(documentedDump());
      a.push(ours("dump"));
      byHandB.push(documentedCopy());
      b.push(ours("copy"));
    }
    const of = (all, value) => median(all.map(value));
    const theirsA = of(byHandA, each => each.dump + each.restore);
    const [oursA, aheadA] = [of(a, each => each.follow), of(a, each => each.ahead)];
    const theirsB = of(byHandB, each => each.copy);
    const oursB = of(b, each => each.copyMs / 1000);
    results.push({
      gb,
      optionA: {
        ours: oursA,
        ahead: aheadA,
        documented: theirsA,
        faster: theirsA / oursA,
        fasterWithAhead: theirsA / (oursA + aheadA),
        bar: 2,
        isMet: theirsA / oursA >= 2,
        window: of(a, each => each.downtime),
      },
      optionB: {
        ours: oursB,
        cp: theirsB,
        ratio: oursB / theirsB,
        bar: 1.2,
        isMet: oursB / theirsB <= 1.2,
        proof: of(b, each => each.proofMs / 1000),
        window: of(b, each => each.downtime),
      },
      runs: { a, b: b.map(({ copy: _, ...rest }) => rest), byHandA, byHandB },
    });
    console.log(
      JSON.stringify(results.at(-1), (_, value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value)),
    );
  }
} finally {
  for (const name of [`${old}`, next, `v2.23.0-${suffix}a`]) {
    const label = `label=com.docker.compose.project=${slugOf(name)}`;
    for (const id of docker("ps", "-aq", "--filter", label).split("\n").filter(Boolean)) docker("rm", "--force", "--volumes", id);
    for (const id of docker("volume", "ls", "-q", "--filter", label).split("\n").filter(Boolean)) docker("volume", "rm", id);
    for (const id of docker("network", "ls", "-q", "--filter", label).split("\n").filter(Boolean)) docker("network", "rm", id);
  }
  rmSync(home, { recursive: true, force: true });
}
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
process.exitCode = results.every(({ optionA, optionB }) => optionA.isMet && optionB.isMet) ? 0 : 1;
