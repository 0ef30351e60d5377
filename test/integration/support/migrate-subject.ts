import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "./cli.ts";
import { allClosed, type Subject } from "./fault-subjects.ts";
import { must, mustBeEqual, photographHome } from "./faults.ts";
import type { SecondMachine } from "./second-machine.ts";
import { RELEASE } from "./small-backup.ts";
import type { SmallHome } from "./small-home.ts";
import type { Fault } from "./update-trials.ts";

const MEDIA = "cd /media && find . -exec stat -c '%n %a %u:%g %s' {} + | sort";
const ROLES = "select rolname, rolconfig from pg_roles where rolname !~ '^pg_' order by 1";
const ROWS = "select json_agg(n order by id) from notes n";

/** What has to be equal on both machines: rows, roles, and files with owners, modes and links. */
async function contentBy(run: (...args: readonly string[]) => Promise<string>, slug: string): Promise<readonly string[]> {
  const sql = (text: string) => run("exec", `${slug}-postgres-1`, "psql", "-XqAt", "-U", "small", "-d", "small", "-c", text);
  return [await sql(ROWS), await sql(ROLES), await run("exec", "--user=0", `${slug}-app-1`, "sh", "-c", MEDIA)];
}
export const contentHere = (own: SmallHome): Promise<readonly string[]> => contentBy(docker, own.slug(RELEASE));
export const contentThere = (own: SmallHome, second: SecondMachine): Promise<readonly string[]> =>
  contentBy((...args) => second.run("docker", ...args), own.slug(RELEASE));

export const answerThere = async (own: SmallHome, second: SecondMachine): Promise<string> =>
  await fetch(`http://${second.address}:${own.port}/`, { signal: AbortSignal.timeout(3000), headers: { connection: "close" } })
    .then(response => response.text())
    .catch(() => "");

interface Listed {
  readonly instances: readonly { readonly name: string; readonly state: string; readonly health: string }[];
}

/** Moves one instance to the other machine, and by hand back again. */
export async function migrated(own: SmallHome, second: SecondMachine): Promise<Subject> {
  const { home } = own;
  const [name, slug] = [own.name(RELEASE), own.slug(RELEASE)];
  const content = await contentHere(own);
  let before = await photographHome(home);
  const onTheWay = () =>
    second.run("sh", "-c", 'dir=/root/graphistry/.graph-mgr/incoming; [ ! -d "$dir" ] || find "$dir" -type f');
  const isServedHere = async () => {
    await own.notes(RELEASE);
    mustBeEqual(await contentHere(own), content, "the source is not as it was");
  };
  const isClosed = async () => {
    await allClosed(home);
    must((await onTheWay()) === "", "something is left there of what was only on the way");
  };
  return {
    name: "migrate (small product)",
    home,
    slug: () => slug,
    command: () => ["migrate", second.target, ...second.access, "--yes"],
    async serves() {
      await isClosed();
      const { instances } = await second.json<Listed>("list");
      const isWell = instances.some(each => each.name === name && each.state === "running" && each.health === "healthy");
      must(isWell, `${name} is not well there: ${JSON.stringify(instances)}`);
      must((await answerThere(own, second)) === RELEASE, "nobody answers there");
      mustBeEqual(await contentThere(own, second), content, "what is there is not what was here");
      const { status, text } = await own.get("/");
      must(status === 503 && text.includes(`http://${second.address}:${own.port}/`), `the page here says ${status} ${text}`);
      must(
        (await own.listed()).instances.every(({ state }) => state === "stopped"),
        "the source runs",
      );
    },
    async isGone() {
      await isClosed();
      await isServedHere();
      mustBeEqual(await photographHome(home), before, "the home is not as it was");
      must((await second.run("docker", "ps", "-aq")) === "", "a container is left there");
      must((await second.run("docker", "volume", "ls", "-q")) === "", "a volume is left there");
      must(
        (await second.run("sh", "-c", "ls -A /root/graphistry/releases 2>/dev/null || true")) === "",
        "a folder is left there",
      );
    },
    async remove() {
      await second.clear();
      await home.ok("launch", name, "--although-moved");
      await isServedHere();
      // Its record says now that it is here again.
      before = await photographHome(home);
    },
    cleanUp: () => home.remove(),
  };
}

/** Every connection is cut, and every new one, for up to five seconds. */
export const connectionCut = (second: SecondMachine): Fault<Subject> => ({
  name: "connection cut",
  async strike(_, random) {
    const seconds = String(1 + Math.floor(random() * 5));
    const cutting = second.run("timeout", seconds, "sh", "-c", "while :; do pkill -KILL -f 'sshd: root' || :; sleep 0.1; done");
    const ended = cutting.catch(() => "");
    return async () => void (await ended);
  },
});

/** Docker answers there no more. */
export const engineThereGone = (second: SecondMachine): Fault<Subject> => ({
  name: "engine of the other machine gone",
  async strike() {
    const gone = join(second.dir, "docker-gone");
    await writeFile(gone, "#!/bin/sh\necho 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2\nexit 1\n");
    await chmod(gone, 0o755);
    const program = (await second.run("sh", "-c", "command -v docker")).trim();
    // Seen over there alone: the mounts are its own.
    await second.run("mount", "--bind", gone, program);
    let isHealed = false;
    return async () => {
      if (!isHealed) await second.run("umount", program);
      isHealed = true;
    };
  },
});
