import type { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { type Baseline, rowsSince } from "../domain/losses.ts";
import { OperatorError } from "../errors.ts";
import type { DatabaseAccess, World } from "../host/world.ts";
import type { InstanceFacts } from "./instance.ts";
import { runningDatabase } from "./instance-details.ts";
import { said, untold, writtenIntoFolders, writtenIntoVolumes } from "./written-files.ts";

/** What going back leaves behind. */
export interface Left {
  /** A line each, for people. What cannot be told is a line as well: to say nothing of it would say that there is nothing. */
  readonly losses: readonly string[];
  /** Why no dump of the database can be taken, as a part of a sentence; null where one can, or where there is none. */
  readonly noDump: string | null;
}

type Unreached = { readonly unreached: string };
type Database = DatabaseAccess | Unreached | null;
type LeftFacts = Pick<InstanceFacts, "record" | "containers" | "hasFolder">;

/** What was written into `left` and is not in `to`, as far as anybody can tell. */
export async function surveyLosses(
  world: World,
  home: Home,
  records: readonly InstanceRecord[],
  left: LeftFacts,
  to: InstanceRecord,
): Promise<Left> {
  const { name, origin } = left.record;
  const database = await databaseOf(world, left);
  const unproven = noDumpOf(database);
  const between = updatesBetween(records, left.record, to);
  if (between === null) return { losses: [`${name}: ${untold(`it was not updated from ${to.name}`)}`], noDump: unproven };
  const inBetween = between.map(each => `${each}: ${untold(`only what came into ${name} was noted`)}`);
  const path = `${home.operation(origin.operation)}/baseline.json`;
  const baseline = baselineIn(await world.files.read(path));
  if (baseline === null) {
    const line = `${name}: ${untold(`${path}, in which the update noted what was there, cannot be read`)}`;
    return { losses: [line, ...inBetween], noDump: unproven };
  }
  const rows = await rowsOf(world, baseline, database);
  const lines = "unreached" in rows ? [`database: ${untold(rows.unreached)}`] : rows.lines;
  const folders = await writtenIntoFolders(world, baseline, left.record);
  const volumes = await writtenIntoVolumes(world, baseline, left);
  // What cannot be read for a proof cannot be read for a dump.
  const noDump = unproven ?? ("unreached" in rows ? rows.unreached : null);
  return { losses: [...lines, ...folders, ...volumes, ...inBetween], noDump };
}

const noDumpOf = (database: Database): string | null =>
  database !== null && "unreached" in database ? database.unreached : null;

/** Instances from which, one by the other, `from` was updated, down to `to`; null where it does not stem from there. */
function updatesBetween(records: readonly InstanceRecord[], from: InstanceRecord, to: InstanceRecord): readonly string[] | null {
  const between: string[] = [];
  for (let { origin } = from; origin.how === "update"; ) {
    if (origin.from === to.name) return between;
    const older = records.find(({ name }) => name === origin.from);
    // A record is a file, and a circle of them must not be walked for ever.
    if (older === undefined || between.includes(older.name)) return null;
    between.push(older.name);
    origin = older.origin;
  }
  return null;
}

function baselineIn(text: string | null): Baseline | null {
  try {
    return text === null ? null : (JSON.parse(text) as Baseline);
  } catch {
    return null;
  }
}

async function databaseOf(world: World, { record, containers, hasFolder }: LeftFacts): Promise<Database> {
  const service = record.product.postgres?.service;
  if (service === undefined) return null;
  const container = containers.find(each => each.service === service);
  if (container?.state !== "running")
    return { unreached: `its ${service} ${container === undefined ? "has no container" : `does not run (${container.state})`}` };
  if (!hasFolder) return { unreached: "its folder is gone" };
  let access: DatabaseAccess | null;
  try {
    access = await runningDatabase(world, record, containers);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    // What Compose says of files may quote a secret, and this is written into the plan.
    return { unreached: "Compose cannot read its compose files" };
  }
  if (access === null) return { unreached: `the image of its ${service} is not known` };
  if (access.password === "") return { unreached: `its ${service} is given no POSTGRES_PASSWORD` };
  try {
    await world.postgres.check(access);
    return access;
  } catch (error) {
    return { unreached: `its ${service} cannot be asked: ${said(error)}` };
  }
}

async function rowsOf(
  world: World,
  { proof }: Baseline,
  database: Database,
): Promise<Unreached | { readonly lines: readonly string[] }> {
  if (database === null) return { lines: [] };
  if ("unreached" in database) return database;
  if (proof === null) return { lines: [`database: ${untold("the update could not note what was there")}`] };
  try {
    return { lines: rowsSince(proof, await world.postgres.prove(database)) };
  } catch (error) {
    return { unreached: `it cannot be read: ${said(error)}` };
  }
}
