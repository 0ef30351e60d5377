// bench.js [--quick] [--only help,completion,list,install,memory,update,backup] [--out FILE]: `npm run bench`. Measures the program in dist against what one would do without it, both in one
// run and in turns, and holds the ratio of the medians of five (with --quick: of one) against its bar. Needs a Docker Engine that has nothing else to do,
// tar, and about 8 GB of disk for the memory's measurement, 40 GB for that of updates. Exits 1 when a bar is missed.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean" }, only: { type: "string" }, out: { type: "string" } },
});
const rounds = flags.quick ? 1 : 5;
const root = resolve(import.meta.dirname, "..");
const program = join(root, "dist/graph-mgr.js");
const scratch = mkdtempSync(join(tmpdir(), "graph-mgr-bench-"));
const mark = `b${randomBytes(3).toString("hex")}`;
const results = [];

const docker = (...args) => execFileSync("docker", args, { encoding: "utf8", maxBuffer: 2 ** 28 }).trim();
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const freePort = () => 20_000 + (randomBytes(2).readUInt16BE() % 12_000);

/** Seconds of a command, its children included, by bash's own clock (milliseconds). @returns {{ wall: number, cpu: number }} */
function timed(command, options = {}) {
  const { stderr, status } = spawnSync(
    "bash",
    ["-c", `TIMEFORMAT='took %3R %3U %3S'; time { ${command}; } >${join(scratch, "said")} 2>&1`],
    {
      encoding: "utf8",
      ...options,
    },
  );
  const [, wall, user, system] = /took (\S+) (\S+) (\S+)/.exec(stderr) ?? [];
  if (status !== 0) throw new Error(`${command}\n${readFileSync(join(scratch, "said"), "utf8")}\n${stderr}`);
  return { wall: Number(wall), cpu: Number(user) + Number(system) };
}

function report(name, what, bar, ours, theirs, more = {}) {
  const [a, b] = [median(ours), median(theirs)];
  results.push({ name, what, bar, ours: a, theirs: b, ratio: a / b, runs: { ours, theirs }, isMet: a / b <= bar, ...more });
}

/** Five short runs of each are one measurement: a single one is within the clock's noise. */
const TIMES = 5;
const repeated = (command, key) => timed(`for i in ${"1 ".repeat(TIMES)}; do ${command} >/dev/null || exit 1; done`)[key] / TIMES;

function inTurns(name, what, bar, key, ours, theirs) {
  const [a, b] = [[], []];
  for (let round = 0; round < rounds; round++) {
    a.push(repeated(ours, key));
    b.push(repeated(theirs, key));
  }
  report(name, what, bar, a, b);
}

function help() {
  inTurns("help", "CPU s of `--help` against `node -e 0`", 1.6, "cpu", `node ${program} --help`, "node -e 0");
}

/** What a key costs at a prompt: names of instances and of bundles, in a home with twenty of each. */
function completion() {
  const home = join(scratch, "home-completion");
  mkdirSync(join(home, ".graph-mgr/instances"), { recursive: true });
  for (let number = 1; number <= 20; number++) {
    writeFileSync(join(home, `.graph-mgr/instances/v2.22.2-n${number}.json`), "{}");
    writeFileSync(join(home, `graphistry-v2.${number}.0.tar.gz`), "");
  }
  for (const [name, line] of [
    ["instances", "status v2.22"],
    ["bundles", "update "],
  ]) {
    const ours = `node ${program} __complete bash 'graph-mgr --home ${home} ${line}' ' =:'`;
    inTurns(`complete-${name}`, `CPU s of completing ${name} against \`node -e 0\``, 1.6, "cpu", ours, "node -e 0");
  }
}

/** A home with so many instances that were never launched. */
function homeWith(count) {
  const home = join(scratch, `home-${count}`);
  const product = parse(readFileSync(join(root, "templates/products/graphistry.yml"), "utf8"));
  const engine = docker("info", "--format", "{{.ID}}");
  mkdirSync(join(home, ".graph-mgr/instances"), { recursive: true });
  for (let number = 1; number <= count; number++) {
    const name = `v2.22.2-n${number}`;
    const project = name.replaceAll(/[^a-z0-9]/g, "_");
    const dir = join(home, "releases", name);
    mkdirSync(dir, { recursive: true });
    const services = ["caddy", "nginx", "nexus", "postgres"];
    const record = {
      ...{
        schema: 1,
        name,
        release: "v2.22.2",
        suffix: `n${number}`,
        product,
        layout: "legacy",
        project,
        dir,
        envFiles: [],
        engine,
        services,
      },
      pristine: join(home, ".graph-mgr/pristine/v2.22.2-000000000000"),
      ports: [{ service: "caddy", container: 80, protocol: "tcp", host: 8000 + number }],
      volumes: ["postgres_data", "postgres_backups"].map(key => ({ key, name: `${project}_${key}` })),
      networks: [{ key: "grph", name: `${project}_grph` }],
      images: Object.fromEntries(
        services.map(service => [service, { id: `sha256:${"0".repeat(64)}`, reference: `graphistry/${service}:v2.22.2` }]),
      ),
      origin: { how: "install", from: "/bundle.tar.gz", operation: "20260101T000000Z-install-000000" },
      createdAt: "2026-01-01T00:00:00.000Z",
      stoppedPolicies: null,
    };
    writeFileSync(join(home, `.graph-mgr/instances/${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
  }
  return home;
}

function list() {
  const home = homeWith(20);
  const theirs = "{ node -e 0; docker ps -a; }";
  for (const command of ["list", "status"]) {
    const ours = `node ${program} ${command} --home ${home}`;
    inTurns(
      command,
      `wall s of \`${command}\` of 20 instances against \`node -e 0\` and \`docker ps -a\``,
      2,
      "wall",
      ours,
      theirs,
    );
    inTurns(`${command}-cpu`, "CPU s of the same", 2, "cpu", ours, theirs);
  }
}

const samples = process.env.GRAPH_MGR_SAMPLES || join(process.env.HOME, ".cache/graph-mgr/samples");

/** A release by hand, as its README says, in a folder and under names of its own. */
function byHand(bundle, number) {
  const project = `${mark}_hand_${number}`;
  const dir = join(scratch, project);
  mkdirSync(dir);
  const edits = [
    `s/v2_22_2_/${project}_/; s/grph_net/${project}_net/; s/"80:80"/"${freePort()}:80"/; s/"443:443"/"${freePort()}:443"/`,
  ];
  try {
    const { wall } = timed(
      `tar -C ${dir} -xzf ${bundle} && sed -i '${edits}' ${dir}/docker-compose.yml && docker compose -p ${project} --project-directory ${dir} up -d --wait`,
    );
    return wall;
  } finally {
    spawnSync("docker", ["compose", "-p", project, "--project-directory", dir, "down"], { stdio: "ignore" });
    for (const key of ["postgres_data", "postgres_backups"])
      spawnSync("docker", ["volume", "rm", `${project}_${key}`], { stdio: "ignore" });
    rmSync(dir, { recursive: true, force: true });
  }
}

function installOnce(home, bundle, number) {
  const name = `v2.22.2-${mark}${number}`;
  const { wall } = timed(
    `node ${program} install ${bundle} --name ${mark}${number} --http-port ${freePort()} --https-port ${freePort()} --yes --home ${home}`,
  );
  timed(
    `node ${program} stop ${name} --yes --home ${home} && node ${program} remove ${name} --current --volumes --confirm ${name} --yes --home ${home}`,
  );
  return wall;
}

function install() {
  const bundle = join(samples, "graphistry-v2.22.2.tar.gz");
  execFileSync("bash", [join(root, "scripts/samples.sh"), "graphistry-v2.22.2"], { stdio: ["ignore", "ignore", "inherit"] });
  const home = join(scratch, "home-install");
  mkdirSync(home);
  const { windowSeconds } = parse(readFileSync(join(root, "templates/products/graphistry.yml"), "utf8")).health;
  // Both find the images loaded. Removing an instance takes the images of which nobody else has a name.
  execFileSync("bash", ["-c", `tar -xzOf ${bundle} ./containers.tar | docker load -q`], { stdio: "ignore" });
  const kept = ["caddy", "graphistry-nexus", "graphistry-postgres"].map(image => [
    `graphistry/${image}:v2.22.2`,
    `graph-mgr/${mark}/${image}:pinned`,
  ]);
  for (const [from, to] of kept) docker("tag", from, to);
  const [ours, theirs] = [[], []];
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [from, to] of kept) docker("tag", to, from);
      ours.push(installOnce(home, bundle, round) - windowSeconds);
      for (const [from, to] of kept) docker("tag", to, from);
      theirs.push(byHand(bundle, round));
    }
  } finally {
    for (const [, to] of kept) spawnSync("docker", ["image", "rm", to], { stdio: "ignore" });
  }
  const what = `wall s of \`install\` of v2.22.2, images loaded, without its health window of ${windowSeconds} s, against \`tar x\` and \`docker compose up -d --wait\``;
  report("install", what, 1.3, ours, theirs, { windowSeconds });
}

/** Of incompressible content, like layers of real images. */
function fill(path, megabytes) {
  const file = openSync(path, "w");
  for (let written = 0; written < megabytes; written += 16) writeSync(file, randomBytes(16 * 2 ** 20));
  closeSync(file);
}

/** The small sample with a layer of 1 GB in its image and a file of 0.7 GB beside it. */
function largeBundle() {
  const dir = join(scratch, "large");
  const release = `v0.8.${Number.parseInt(mark.slice(1), 16)}`;
  const image = `${mark}/tiny/web:${release}`;
  execFileSync("bash", [join(root, "templates/sample-product/make-tiny.sh"), scratch, release], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  for (const folder of ["release", "context"]) mkdirSync(join(dir, folder), { recursive: true });
  execFileSync("tar", ["-C", join(dir, "release"), "-xzf", join(scratch, `tiny-${release}.tar.gz`)]);
  docker("load", "--quiet", "--input", join(dir, "release/containers.tar"));
  fill(join(dir, "context/blob"), 1024);
  writeFileSync(join(dir, "context/Dockerfile"), `FROM tiny/web:${release}\nCOPY blob /blob\n`);
  execFileSync("docker", ["build", "-q", "-t", image, join(dir, "context")], {
    stdio: "ignore",
    env: { ...process.env, DOCKER_BUILDKIT: "0" },
  });
  const save = join(root, "templates/sample-product/images/save.sh");
  execFileSync("bash", [save, join(dir, "release/containers.tar"), `${mark}/tiny`, "tiny", `web:${release}`]);
  for (const each of [image, `tiny/web:${release}`]) docker("image", "rm", each);
  rmSync(join(dir, "context"), { recursive: true });
  mkdirSync(join(dir, "release/data"), { recursive: true });
  fill(join(dir, "release/data/blob"), 704);
  const bundle = join(scratch, `large-${release}.tar`);
  execFileSync("tar", ["-C", join(dir, "release"), "-cf", bundle, "."]);
  rmSync(dir, { recursive: true });
  return { bundle, release, image: `tiny/web:${release}` };
}

/** Runs it, and reads the most memory that the process itself ever had from /proc. */
async function peakOf(args) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let peakKib = 0;
  child.stderr.on("data", chunk => (said += chunk));
  const poll = setInterval(() => {
    try {
      peakKib = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? peakKib);
    } catch {
      // It has just ended.
    }
  }, 20);
  const code = await new Promise(end => child.once("exit", end));
  clearInterval(poll);
  if (code !== 0) throw new Error(said);
  return peakKib / 1024;
}

async function memory() {
  const { bundle, release, image } = largeBundle();
  const home = join(scratch, "home-memory");
  mkdirSync(home);
  const name = `${release}-${mark}m`;
  try {
    const args = ["install", bundle, "--name", `${mark}m`, "--port", `web:80=${freePort()}`, "--yes", "--home", home];
    report("memory", "peak MB of node while it installs a bundle of 1.7 GB, of 150", 1, [await peakOf(args)], [150]);
    timed(
      `node ${program} stop ${name} --yes --home ${home} && node ${program} remove ${name} --current --volumes --confirm ${name} --yes --home ${home}`,
    );
  } finally {
    spawnSync("docker", ["image", "rm", image], { stdio: "ignore" });
    rmSync(bundle, { force: true });
  }
}

/** What takes many gigabytes has scripts of its own, which print their figures themselves. */
function apart(name) {
  const { status } = spawnSync(
    process.execPath,
    [join(root, `scripts/bench-${name}.js`), ...(flags.quick ? ["--gb", "0.3", "--rounds", "1"] : [])],
    {
      stdio: "inherit",
    },
  );
  report(name, "bars that were missed (see above)", 0, [status === 0 ? 0 : 1], [1]);
}

const all = { help, completion, list, install, memory, update: () => apart("update"), backup: () => apart("backup") };
const wanted = flags.only === undefined ? Object.keys(all) : flags.only.split(",");
try {
  for (const name of wanted) {
    process.stderr.write(`${name}\n`);
    await all[name]();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const number = value => value.toFixed(value < 10 ? 3 : 1);
for (const { name, what, bar, ours, theirs, ratio, isMet } of results) {
  console.log(
    `${isMet ? "ok    " : "MISSED"} ${name.padEnd(9)} ${number(ours).padStart(7)} / ${number(theirs).padStart(7)} = ${ratio.toFixed(2)} (at most ${bar})  ${what}`,
  );
}
if (flags.out !== undefined) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const machine = { node: process.version, docker: docker("version", "--format", "{{.Server.Version}}"), rounds };
  writeFileSync(flags.out, `${JSON.stringify({ commit, at: new Date().toISOString(), machine, results }, null, 1)}\n`);
}
process.exitCode = results.every(({ isMet }) => isMet) ? 0 : 1;
