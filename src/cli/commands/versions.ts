import { resolve } from "node:path";
import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { compareReleases } from "../../domain/release-order.ts";
import { bytes } from "../../domain/units.ts";
import { EXIT, OperatorError, systemError } from "../../errors.ts";
import { isPlace } from "../../survey/bundles.ts";
import { type HomeFacts, surveyHome } from "../../survey/home.ts";
import { type BundleVersion, surveyVersions } from "../../survey/versions.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { cut } from "../text.ts";

interface VersionsArgs {
  /** Folders to look into besides the home and the working folder. */
  readonly bundles: readonly string[];
  /** Name of the instance to be updated; the current one when not given. */
  readonly from: string | undefined;
}

/** What is installed, which bundles lie about, and which of them an instance may be updated to by which path. */
export async function versions(session: Session, given: VersionsArgs): Promise<void> {
  const { world, home } = session;
  const facts = await surveyHome(world, home.path);
  const from = instanceFrom(facts, given.from);
  const folders = await bundleFolders(session, given.bundles);
  const { bundles, cache } = await surveyVersions(
    world,
    { home: home.path, folders, from },
    await session.describedProducts(),
    text => session.noteInPlace(cut(`  ${text}`, session.columns - 1)),
  ).finally(() => session.noteInPlace(""));
  if (cache !== null) await remember(session, cache);
  const installed = facts.records
    .map(({ name, release, layout }) => ({ name, version: release, layout, current: name === facts.current }))
    .sort((a, b) => compareReleases(a.version, b.version));
  if (session.flags.json) {
    session.print(
      JSON.stringify({ schema: 1, home: home.path, installed, from: from?.name ?? null, bundles: bundles.map(toJson) }),
    );
    return;
  }
  const rows = [
    ...installed.map(each => [each.version, `installed as ${each.name}${each.current ? " (current)" : ""}`, "", ""]),
    ...bundles.map(bundle => [
      bundle.version ?? "?",
      `bundle, ${bytes(bundle.sizeBytes)}`,
      updateText(bundle, from),
      bundle.path,
    ]),
  ];
  const head = ["VERSION", "WHAT", from === null ? "" : `UPDATE OF ${from.name}`, "WHERE"];
  session.print(rows.length === 0 ? "Nothing is installed, and no bundle lies here." : table(head, rows));
  const faults = bundles.flatMap(({ unreadable }) => (unreadable === null ? [] : [unreadable.message]));
  if (faults.length > 0) session.print(`\n${faults.join("\n")}`);
}

/**
 * Where bundles are looked for: the home, the working folder, and what was named.
 * @throws OperatorError USAGE
 */
export async function bundleFolders({ world, home, cwd }: Session, given: readonly string[]): Promise<readonly string[]> {
  const named = given.map(folder => resolve(cwd, folder));
  for (const folder of named) if (!(await isPlace(world, folder))) throw noPlace(folder);
  return [...new Set([home.path, cwd, ...named])];
}

const noPlace = (folder: string) =>
  new OperatorError("USAGE", `There is no folder ${folder} to look for bundles in.`, {
    exit: EXIT.usage,
    hint: "--bundles DIR   (the folder that the bundles lie in)",
  });

function instanceFrom({ records, current }: HomeFacts, name: string | undefined): InstanceRecord | null {
  if (name !== undefined) return chooseInstance(records, current, name);
  const known = records.find(each => each.name === current) ?? (records.length === 1 ? records[0] : undefined);
  return known ?? null;
}

/** Only in a home that is there, and no reason to fail: it saves time, and nothing else. */
async function remember({ world, home, flags }: Session, cache: string): Promise<void> {
  if (flags.dryRun || !(await world.files.isFolder(home.own()))) return;
  try {
    await world.files.write(home.bundleCache(), cache, 0o600);
  } catch (error) {
    if (systemError(error) === null) throw error;
  }
}

const toJson = ({ way, product, unreadable, ...bundle }: BundleVersion) => ({
  path: bundle.path,
  version: bundle.version,
  layout: bundle.layout,
  product: product?.product ?? null,
  sizeBytes: bundle.sizeBytes,
  digest: bundle.digest,
  requires: bundle.requires,
  updatable: way !== null && "hops" in way && !("missing" in way),
  hops: way !== null && "hops" in way ? way.hops : [],
  missing: way !== null && "missing" in way ? way.missing.map(({ release }) => release) : [],
  instructions: bundle.instructions.length > 0,
  unreadable,
});

function updateText({ way, instructions, unreadable }: BundleVersion, from: InstanceRecord | null): string {
  if (unreadable !== null) return "unreadable, see below";
  if (way === null) return from === null ? "" : "no, another product";
  if ("order" in way) return way.order === "older" ? "no, older" : "no, installed";
  const through = way.hops.slice(0, -1).join(", ");
  if ("missing" in way) {
    return way.missing.length === 0
      ? "no, no path leads there"
      : `not yet: through ${through}; no bundle of ${way.missing.map(({ release }) => release).join(", ")}`;
  }
  const read = instructions.length === 0 ? "" : `, read first: ${instructions.map(({ release }) => release).join(", ")}`;
  return `${through === "" ? "yes" : `yes, through ${through}`}${read}`;
}
