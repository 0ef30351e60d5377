// bench-backup.js [--gb 0.3,1.2] [--rounds 3] [--out FILE]: `npm run bench:backup`. Backups and their restores against the documented manual commands, side by side in one run and in
// turns: v2.22.2 with a database of each size and as many bytes of files again in data/. Needs a Docker Engine that has nothing else to do, and six times the size on its disk; with
// restic in PATH also what a second backup into a repository costs.
// `backup create`, the whole command with its reading back, is held against `pg_dump | gzip -9` and `tar cz`: at least 2.5 times as fast. What `backup restore` does with the data,
// with its proof, against `zcat | psql` and `tar xz`: at least 1.5 times. A second backup of what has hardly changed may add at most a tenth of the first. Exits 1 when a bar is missed.
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, docker, median, newHome, rounded, run, seconds, shell } from "./measuring.js";

const { values: flags } = parseArgs({
  options: { gb: { type: "string" }, rounds: { type: "string" }, out: { type: "string" } },
});
const sizes = (flags.gb ?? "0.3,1.2").split(",").map(Number);
const rounds = Number(flags.rounds ?? 3);

const RESTIC = { RESTIC_PASSWORD: "bench" };
const bench = newHome("backup", RESTIC);
const { path: home, suffix, folder, graphMgr } = bench;
const name = `v2.22.2-${suffix}`;
const MIB = 2 ** 20;

/** The database, and in data/ as many files, of which one half compresses and the other does not. */
function fill(gb) {
  bench.fillDatabase(name, gb);
  const dir = join(folder(name), "data", `files-${gb}`);
  mkdirSync(dir, { recursive: true });
  for (let file = 0; file * 32 < gb * 1024; file++) {
    const at = openSync(join(dir, String(file)), "w");
    for (let part = 0; part < 32; part += 2) {
      writeSync(at, randomBytes(MIB));
      writeSync(at, Buffer.alloc(MIB, `${file} ${part} and so on, as in a log\n`));
    }
    closeSync(at);
  }
}

/** Those that have to do with the data. */
const OF_DATA = /^(Unpack|Keep the vendor's|Take the dump|Fill|Restore)/;
const sumOf = parts => parts.filter(([title]) => OF_DATA.test(title)).reduce((sum, [, seconds]) => sum + seconds, 0);

const exec = 'docker compose --project-directory "$1" exec -T postgres';
const byHand = { dump: join(home, "by-hand.sql.gz"), files: join(home, "by-hand.tgz") };

const createByHand = () =>
  seconds(() => {
    shell(`${exec} pg_dump -U graphistry graphistry | gzip -9 > "$2"`, folder(name), byHand.dump);
    shell('tar -C "$1" -czf "$2" data', folder(name), byHand.files);
    shell('sync -f "$1"', byHand.dump);
  });

/** Into a Postgres that is up and empty, and a new folder. */
function restoreByHand() {
  const target = `v2.22.2-${suffix}h`;
  const dir = join(home, "by-hand");
  graphMgr("install", bundle("v2.22.2"), "--name", `${suffix}h`, "--no-launch", "--yes");
  docker("compose", "--project-directory", folder(target), "up", "--detach", "--wait", "postgres");
  // While a cluster is made, its server answers on the socket alone, and ends once more.
  shell(`for i in $(seq 60); do ${exec} pg_isready -q -h 127.0.0.1 && exit; sleep 1; done; exit 1`, folder(target));
  mkdirSync(dir);
  const took = seconds(() => {
    shell(`zcat "$2" | ${exec} psql -q -U graphistry graphistry > /dev/null`, folder(target), byHand.dump);
    shell('tar -C "$1" -xzf "$2"; sync -f "$1"', dir, byHand.files);
  });
  rmSync(dir, { recursive: true });
  graphMgr("stop", target);
  graphMgr("remove", target, "--volumes", "--confirm", target);
  return took;
}

/** What it does with the data; and what the whole command takes, which makes an instance of it that runs. */
function restore(path) {
  const target = `v2.22.2-${suffix}r`;
  const wall = seconds(() => graphMgr("backup", "restore", path, "--name", `${suffix}r`, "--yes"));
  const parts = bench.newest("backup-restore").steps;
  graphMgr("stop", target);
  graphMgr("remove", target, "--current", "--volumes", "--confirm", target);
  return { wall, data: sumOf(parts), parts };
}

const hasRestic = (() => {
  try {
    return run("restic", ["version"]) !== "";
  } catch {
    return false;
  }
})();

/** Bytes and seconds of a first backup into a repository, and of a second one after a few rows and a file more. */
function twiceToRestic(gb) {
  const repository = join(home, `restic-${gb}`);
  const size = () => Number(shell('du -sb "$1" | cut -f1', repository));
  run("restic", ["-r", repository, "init"], { env: { ...process.env, ...RESTIC } });
  const create = () => seconds(() => graphMgr("backup", "create", "--to", `restic:${repository}`, "--yes"));
  const first = { seconds: create(), bytes: size() };
  docker(
    ...["compose", "--project-directory", folder(name), "exec", "-T", "postgres", "psql", "-q", "-U", "graphistry"],
    ...["-c", "UPDATE event SET at = now() WHERE id <= 1000", "graphistry"],
  );
  writeFileSync(join(folder(name), "data/more"), randomBytes(MIB));
  const second = { seconds: create(), bytes: size() - first.bytes };
  rmSync(repository, { recursive: true });
  return { first, second };
}

const results = [];
try {
  graphMgr("install", bundle("v2.22.2"), "--name", suffix, "--yes");
  let have = 0;
  for (const gb of sizes) {
    fill(gb - have);
    have = gb;
    const [creates, restores, createsByHand, restoresByHand] = [[], [], [], []];
    for (let round = 0; round < rounds; round++) {
      createsByHand.push(createByHand());
      let said;
      const wall = seconds(() => {
        said = JSON.parse(graphMgr("backup", "create", "--yes", "--json"));
      });
      creates.push({ wall, parts: bench.newest("backup-create").steps });
      restoresByHand.push(restoreByHand());
      restores.push(restore(said.backup));
      rmSync(join(home, "backups"), { recursive: true });
      const tookNow = [createsByHand.at(-1), creates.at(-1).wall, restoresByHand.at(-1), restores.at(-1).data].map(each =>
        each.toFixed(1),
      );
      process.stderr.write(`${gb} GB, documented and ours: create ${tookNow.slice(0, 2)} s, restore ${tookNow.slice(2)} s\n`);
    }
    const restic = hasRestic ? twiceToRestic(gb) : null;
    const faster = (ours, theirs) => median(theirs) / median(ours);
    const [create, back] = [
      faster(
        creates.map(({ wall }) => wall),
        createsByHand,
      ),
      faster(
        restores.map(({ data }) => data),
        restoresByHand,
      ),
    ];
    const share = restic === null ? null : restic.second.bytes / restic.first.bytes;
    results.push({
      gb,
      create: {
        ours: median(creates.map(({ wall }) => wall)),
        documented: median(createsByHand),
        faster: create,
        bar: 2.5,
        isMet: create >= 2.5,
      },
      restore: {
        ours: median(restores.map(({ data }) => data)),
        documented: median(restoresByHand),
        faster: back,
        bar: 1.5,
        isMet: back >= 1.5,
        wall: median(restores.map(({ wall }) => wall)),
      },
      runs: { creates, restores },
      restic: restic === null ? null : { ...restic, share, bar: 0.1, isMet: share <= 0.1 },
    });
    console.log(JSON.stringify(results.at(-1), rounded));
  }
} finally {
  bench.remove([name, `${name}h`, `${name}r`]);
}
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
const parts = results.flatMap(({ create, restore: back, restic }) => [create, back, ...(restic === null ? [] : [restic])]);
process.exitCode = parts.every(({ isMet }) => isMet) ? 0 : 1;
