import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { compareReleases } from "../../domain/release-order.ts";
import { bytes } from "../../domain/units.ts";
import { type HomeFacts, surveyHome } from "../../survey/home.ts";
import type { BundleVersion } from "../../survey/versions.ts";
import { bundlesAround } from "../bundle-places.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

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
  const bundles = await bundlesAround(session, given.bundles, from);
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
  session.print(rows.length === 0 ? "Nothing is installed, and no bundle lies here." : table(head, rows, session.printColumns));
  const faults = bundles.flatMap(({ unreadable }) => (unreadable === null ? [] : [unreadable.message]));
  if (faults.length > 0) session.print(`\n${faults.join("\n")}`);
}

function instanceFrom({ records, current }: HomeFacts, name: string | undefined): InstanceRecord | null {
  if (name !== undefined) return chooseInstance(records, current, name);
  const known = records.find(each => each.name === current) ?? (records.length === 1 ? records[0] : undefined);
  return known ?? null;
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
