import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Processes whose command line names something in a folder: an engine that lies there, its containerd, their shims. */
export async function programsBelow(root: string): Promise<readonly number[]> {
  const pids: number[] = [];
  for (const name of (await readdir("/proc")).filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const words = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (words.includes(`${root}/`)) pids.push(Number(name));
  }
  return pids;
}

/** What runs in the containers of an engine, by the control group that it puts them in; of version 1 or 2. */
export async function contained(group: string): Promise<readonly number[]> {
  const roots = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].map(root => join(root, group)).filter(existsSync);
  const files = await Promise.all(
    roots.map(async root => (await readdir(root, { recursive: true })).map(name => join(root, name))),
  );
  const lists = await Promise.all(
    files
      .flat()
      .filter(name => name.endsWith("cgroup.procs"))
      .map(name => readFile(name, "utf8").catch(() => "")),
  );
  return lists.flatMap(text => text.split("\n").filter(Boolean).map(Number)).filter(pid => pid > 0);
}
