import { resolve } from "node:path";
import { countsOf } from "../../domain/finding.ts";
import { measurementOf } from "../../domain/sizes.ts";
import { bytes } from "../../domain/units.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import type { ParcelMember } from "../../host/world.ts";
import { findingsOf } from "../../operations/doctor/findings.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";
import { attempt, orNull } from "../../survey/doctor/looked.ts";
import { surveyDetails } from "../../survey/instance-details.ts";
import { statusOf, surveyEnded } from "../../survey/states.ts";
import { type SupportFacts, surveySupport } from "../../survey/support/support.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { wrap } from "../text.ts";
import { lookAround, toJson } from "./doctor.ts";
import { toJson as statusJson } from "./list.ts";

interface SupportArgs {
  readonly to: string | undefined;
  readonly tail: number | undefined;
}

const LINES = 2000;
const LOOK_FIRST =
  "Secrets that are known are hidden in it. Logs may still hold what nobody can tell from outside, such as names of your users: look into it before you send it.";

/** Writes what the vendor needs to tell from far away what is wrong. Changes nothing of the home. */
export async function support(session: Session, { to, tail = LINES }: SupportArgs): Promise<void> {
  const { world, home, flags, cwd } = session;
  const time = world
    .now()
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, "");
  const file = resolve(cwd, to ?? `graph-mgr-support-${time}.tar.gz`);
  session.note("Looking at the machine and the home");
  const facts = await lookAround(session);
  const reports = await reportsOf(session, facts);
  const found = await surveySupport(world, { home: home.path, records: facts.home.records, reports, lines: tail });
  const members = [...found.members, aboutIt(found)];
  refuseLeaks(members, found);
  const sizeBytes = flags.dryRun ? null : await world.parcels.write(file, members, readBack => refuseLeaks(readBack, found));
  show(session, { file, sizeBytes, members, leftOut: found.leftOut });
}

function show(
  session: Session,
  shown: { file: string; sizeBytes: number | null; members: readonly ParcelMember[]; leftOut: readonly string[] },
): void {
  const { file, sizeBytes, leftOut } = shown;
  const members = shown.members.map(({ name, text }) => ({ name, sizeBytes: Buffer.byteLength(text) }));
  if (session.flags.json) {
    const dryRun = sizeBytes === null ? { dryRun: true } : {};
    session.print(JSON.stringify({ schema: 1, ...dryRun, file, sizeBytes, members, leftOut }));
    return;
  }
  const columns = session.printColumns;
  const text = (given: string) => (columns === null ? given : wrap(given, columns));
  session.print(
    [
      sizeBytes === null ? `${file} would hold:` : `${file} (${bytes(sizeBytes)}) holds:`,
      table(
        ["FILE", "SIZE"],
        members.map(each => [`  ${each.name}`, bytes(each.sizeBytes)]),
        columns,
      ),
      "",
      "It does not hold:",
      ...leftOut.map(each => text(`  * ${each}`)),
      "",
      text(LOOK_FIRST),
    ].join("\n"),
  );
}

const aboutIt = ({ leftOut }: SupportFacts): ParcelMember => ({
  name: "ABOUT.txt",
  text: `Written by graph-mgr support. What was a secret is ***.\n\nNot in here:\n${leftOut.map(each => `- ${each}\n`).join("")}`,
});

/** Asked before it is written, and again of what was read back. @throws OperatorError SECRET_LEFT */
function refuseLeaks(members: readonly ParcelMember[], { leaks }: SupportFacts): void {
  const left = members.flatMap(({ name, text }) => leaks(`${name}\n${text}`).map(shape => `${shape} in ${name}`));
  const [first] = left;
  if (first === undefined) return;
  throw new OperatorError("SECRET_LEFT", `A secret could not be taken out (${first}), so nothing was written.`, {
    exit: EXIT.bug,
    hint: "report which file it is; with `--tail 0` there are no logs in it",
  });
}

async function reportsOf(session: Session, facts: DoctorFacts): Promise<Readonly<Record<string, unknown>>> {
  const { world, home } = session;
  const findings = findingsOf(facts);
  const engine = orNull(facts.engine);
  const { records, current } = facts.home;
  const containers = engine?.containers ?? [];
  const policies = orNull(await attempt(() => surveyEnded(world, records, containers))) ?? new Map<string, string>();
  const statuses = facts.instances.map(({ record, hasFolder }) => statusOf(record, containers, hasFolder, policies));
  const details = await Promise.all(
    records.map(async record => [`status/${record.name}.json`, await attempt(() => surveyDetails(world, record))] as const),
  );
  const projects = new Set(records.map(({ project }) => project));
  return {
    "doctor.json": { schema: 1, home: home.path, at: facts.now, counts: countsOf(findings), findings: findings.map(toJson) },
    "list.json": { schema: 1, home: home.path, current: current.name, instances: statuses.map(statusJson) },
    ...Object.fromEntries(details),
    "versions.json": {
      "graph-mgr": await session.version(),
      ...(await world.surroundings.system()),
      engine: engine?.diagnosis ?? null,
      compose: orNull(facts.compose),
    },
    "machine.json": { ...facts.machine, measured: [...facts.home.sizes, measurementOf(facts)] },
    "engine.json": {
      volumes: (engine?.volumes ?? []).filter(({ labels }) => projects.has(labels["com.docker.compose.project"] ?? "")),
      networks: (engine?.networks ?? []).filter(({ labels }) => projects.has(labels["com.docker.compose.project"] ?? "")),
    },
    ...Object.fromEntries(records.map(record => [`records/${record.name}.json`, record])),
  };
}
