import { join } from "node:path";
import { Home } from "../../domain/home.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { maskedCaddyfile, maskedEnv, maskedYaml } from "../../domain/masked-files.ts";
import { type Scrubber, scrubberFor } from "../../domain/scrub.ts";
import type { ContainerDetail, ParcelMember, World } from "../../host/world.ts";
import { attempt, orNull } from "../doctor/looked.ts";
import { type SettingsFile, settingsFiles } from "./files.ts";
import { surveySecrets } from "./secrets.ts";

export interface SupportFacts {
  /** Without secrets. */
  readonly members: readonly ParcelMember[];
  /** What is not in it, and why, for people. */
  readonly leftOut: readonly string[];
  /** As `Scrubber.leaks`: knows the secrets, and tells none. */
  readonly leaks: Scrubber["leaks"];
}

interface SupportAsk {
  readonly home: string;
  readonly records: readonly InstanceRecord[];
  /** More members, as JSON values by their names. */
  readonly reports: Readonly<Record<string, unknown>>;
  /** Of each log. */
  readonly lines: number;
}

const NEVER = [
  "backups, dumps and whatever is in a database or a volume",
  "private keys, certificates and folders with data, such as .pivot-db",
  "comments of compose files, env files and Caddyfiles; what Postgres's log says of statements and rows",
];
const MOST_OPERATIONS = 30;

/** Everything that helps to tell from far away what is wrong. Nothing here fails because something is broken: that is what it is for. */
export async function surveySupport(world: World, { home, records, reports, lines }: SupportAsk): Promise<SupportFacts> {
  const settings: SettingsFile[] = [];
  for (const record of records) settings.push(...(await settingsFiles(world, record)));
  const texts = (kinds: readonly SettingsFile["kind"][]) =>
    settings.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => text);
  const secrets = await surveySecrets(world, home, records, { env: texts(["env"]), yaml: texts(["yaml"]) });
  const scrubber = scrubberFor(secrets.values);
  const leftOut = [...NEVER];
  if (secrets.tooShort > 0)
    leftOut.push(
      `nothing: but ${secrets.tooShort} secrets are shorter than five characters, and are hidden only where their key stands beside them`,
    );
  const members: ParcelMember[] = Object.entries(reports).map(([name, value]) => jsonMember(name, value, scrubber));
  for (const file of settings) {
    const { instance, path } = file;
    const text = orNull(await attempt(async () => masked(file, scrubber)));
    if (text === null) leftOut.push(`${path} of ${instance}, which cannot be read`);
    else members.push({ name: `instances/${instance}/files/${path.replace(/^\./, "dot.")}`, text });
  }
  members.push(...(await operationMembers(world, home, scrubber)));
  for (const record of records) members.push(...(await containerMembers(world, record, scrubber, lines, leftOut)));
  return { members: members.map(each => ({ ...each, name: scrubber.text(each.name) })), leftOut, leaks: scrubber.leaks };
}

const jsonMember = (name: string, value: unknown, scrubber: Scrubber): ParcelMember => ({
  name,
  text: `${JSON.stringify(scrubber.json(value), null, 1)}\n`,
});

function masked({ kind, text }: SettingsFile, scrubber: Scrubber): string | null {
  if (kind === "env") return maskedEnv(text, scrubber);
  return kind === "yaml" ? maskedYaml(text, scrubber) : maskedCaddyfile(text, scrubber);
}

/** Of the newest operations what was meant, what was done and what was said; they hold no secrets, and are looked through all the same. */
async function operationMembers({ files }: World, homePath: string, scrubber: Scrubber): Promise<readonly ParcelMember[]> {
  const home = new Home(homePath);
  const read = async (path: string) => orNull(await attempt(() => files.read(path)));
  const ids = orNull(await attempt(() => files.list(home.operations()))) ?? [];
  const numbered = await Promise.all(
    ids.map(async id => ({ id, sequence: Number(await read(join(home.operation(id), "sequence"))) || 0 })),
  );
  const newest = numbered.sort((a, b) => a.sequence - b.sequence).slice(-MOST_OPERATIONS);
  const members: ParcelMember[] = [];
  for (const { id } of newest) {
    const folder = home.operation(id);
    const [plan, journal, log] = [
      await read(join(folder, "plan.json")),
      await read(join(folder, "journal.jsonl")),
      await read(join(folder, "log")),
    ];
    const add = (name: string, text: string) => members.push({ name: `operations/${id}/${name}`, text });
    if (plan !== null) add("plan.json", jsonLine(plan, scrubber));
    // Without the sums of the lines, which would not fit what was hidden.
    if (journal !== null)
      add(
        "journal.jsonl",
        journal
          .split("\n")
          .map(line => jsonLine(line.replace(/^[0-9a-f]{16} /, ""), scrubber))
          .join("\n"),
      );
    if (log !== null) add("log", scrubber.text(log));
  }
  return members;
}

/** What is no JSON is a text. */
function jsonLine(text: string, scrubber: Scrubber): string {
  try {
    return JSON.stringify(scrubber.json(JSON.parse(text)));
  } catch {
    return scrubber.text(text);
  }
}

async function containerMembers(
  { engine }: World,
  { name, project }: InstanceRecord,
  scrubber: Scrubber,
  lines: number,
  leftOut: string[],
): Promise<readonly ParcelMember[]> {
  const all = orNull(await attempt(() => engine.containers())) ?? [];
  const own = all.filter(each => each.project === project);
  const details = orNull(await attempt(() => engine.inspect(own.map(({ id }) => id)))) ?? [];
  const members: ParcelMember[] = [];
  const reduced = [];
  for (const detail of details) {
    const environment = orNull(await attempt(() => engine.environment(detail.id))) ?? [];
    reduced.push(reduce(detail, environment));
    const log = await attempt(() => engine.logs(detail.id, lines));
    if ("value" in log)
      members.push({ name: `instances/${name}/logs/${detail.name}.log`, text: `${scrubber.text(log.value)}\n` });
    else leftOut.push(`the log of ${detail.name}, which cannot be read`);
  }
  return details.length === 0 ? [] : [jsonMember(`instances/${name}/containers.json`, reduced, scrubber), ...members];
}

/** Labels of others may hold anything (users of a proxy, for one), and so may the environment. */
const reduce = (detail: ContainerDetail, environment: readonly string[]) => ({
  ...detail,
  labels: Object.fromEntries(Object.entries(detail.labels).filter(([key]) => /^(?:com\.docker\.compose|graph-mgr)\./.test(key))),
  environment: environment.map(line => `${line.slice(0, Math.max(0, line.indexOf("=")))}=...`),
});
