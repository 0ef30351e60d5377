import type { InstanceRecord } from "../domain/instance.ts";
import { type Instruction, REVIVERS } from "../domain/instructions.ts";
import type { ContainerSummary, Files } from "../host/world.ts";

/** Where a machine says what it starts by itself, below `/`. Links, as those that enable a unit, lead to what is read anyway. */
const FOLDERS = [
  "/etc/systemd/system",
  "/usr/local/lib/systemd/system",
  "/etc/cron.d",
  "/var/spool/cron",
  "/var/spool/cron/crontabs",
  "/etc/init.d",
];
const FILES = ["/etc/crontab", "/etc/rc.local"];

/** Programs that start containers again or replace them, by what their containers are usually called. */
const KEEPERS = /watchtower|autoheal|ouroboros/;

/**
 * What may start an instance again behind graph-mgr's back, to be read before an update (RULES 22): units and tables of cron that name its
 * folder, or its project beside a word of Docker, and containers that keep others alive. Lines are told by number: they may hold secrets.
 */
export async function surveyRevivers(
  files: Pick<Files, "read" | "list" | "isFolder">,
  { name, dir, project }: Pick<InstanceRecord, "name" | "dir" | "project">,
  containers: readonly Pick<ContainerSummary, "name" | "service" | "state">[],
): Promise<readonly Instruction[]> {
  const found: string[] = [];
  const paths = [...FILES];
  for (const folder of FOLDERS)
    for (const entry of await files.list(folder))
      if (!(await files.isFolder(`${folder}/${entry}`))) paths.push(`${folder}/${entry}`);
  for (const path of paths) {
    // A file that this user may not read is not one that could be changed either; the rest is told.
    const text = await files.read(path).catch(() => null);
    const lines = (text ?? "").split("\n").flatMap((line, index) => (starts(line, dir, project) ? [index + 1] : []));
    if (lines.length > 0) found.push(`${path}, line ${lines.join(", ")}`);
  }
  for (const { name: container, service, state } of containers)
    if (state === "running" && KEEPERS.test(`${container} ${service ?? ""}`)) found.push(`the container ${container}`);
  if (found.length === 0) return [];
  const text = `${found.join("; ")}: this could start ${name} again while it is updated or afterwards, behind graph-mgr's back.

Stop and disable it before the update, or have it start what \`current\` points at: two releases at once would each write what the other does not have.`;
  return [{ release: REVIVERS, text }];
}

/** Whether a line, which is no comment, names this very folder or project. */
function starts(line: string, dir: string, project: string): boolean {
  if (/^\s*[#;]/.test(line)) return false;
  const names = (word: string): boolean => {
    for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1))
      if (!/[\w.-]/.test(line.charAt(at + word.length)) && !/[\w.-]/.test(line.charAt(at - 1))) return true;
    return false;
  };
  return names(dir) || (/\b(docker|compose)\b/.test(line) && new RegExp(`\\b${project}\\b`).test(line));
}
