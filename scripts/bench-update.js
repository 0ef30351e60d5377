// bench-update.js [--gb 0.3,1.2,4] [--rounds 3] [--out FILE]: `npm run bench:update`. The window of an update and its parts against the documented manual commands, side by side
// in one run and in turns: v2.22.2 with a database of each size, to v2.23.0. Needs a Docker Engine that has nothing else to do, and six times the size on its disk.
// Option A is held against `exec pg_dump | gzip -9` and `zcat | exec psql`, all of which is in their window and proves nothing: what it does in the window, with the proof
// of both sides, at least twice as fast, while the application writes to both large tables until it is stopped. What is done ahead of the window is shown beside it. Option B
// against `cp -a` and `sync` of the same volume: at most 1.2 times, its proof and the start of its container apart. Exits 1 when a bar is missed.
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, docker, median, newHome, rounded, seconds, shell, slugOf } from "./measuring.js";

const { values: flags } = parseArgs({
  options: { gb: { type: "string" }, rounds: { type: "string" }, out: { type: "string" } },
});
const sizes = (flags.gb ?? "0.3,1.2,4").split(",").map(Number);
const rounds = Number(flags.rounds ?? 3);
const bench = newHome("update");
const { path: home, suffix, folder, graphMgr } = bench;
const [old, next] = [`v2.22.2-${suffix}`, `v2.23.0-${suffix}`];

/** Seconds of the parts of the last update. */
function steps() {
  const { folder: at, steps: took } = bench.newest("update");
  const of = text => took.filter(([title]) => title.startsWith(text)).reduce((sum, [, each]) => sum + each, 0);
  return {
    ahead: of("Dump") + of("Restore"),
    follow: of("Move what was written"),
    parts: took.slice(took.findIndex(([title]) => title.startsWith("Stop "))),
    copy: () => JSON.parse(readFileSync(join(at, "volume-postgres_data.json"), "utf8")),
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
    bench.fillDatabase(old, gb - have);
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
        container: of(b, each => each.containerMs / 1000),
        proof: of(b, each => each.proofMs / 1000),
        window: of(b, each => each.downtime),
      },
      runs: { a, b: b.map(({ copy: _, ...rest }) => rest), byHandA, byHandB },
    });
    console.log(JSON.stringify(results.at(-1), rounded));
  }
} finally {
  bench.remove([old, next, `v2.23.0-${suffix}a`]);
}
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
process.exitCode = results.every(({ optionA, optionB }) => optionA.isMet && optionB.isMet) ? 0 : 1;
