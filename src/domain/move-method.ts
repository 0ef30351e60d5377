import { EXIT, OperatorError } from "../errors.ts";
import { compareVersions, libcText, type PostgresImage, type PostgresServer } from "./postgres-facts.ts";
import { about } from "./units.ts";

export type MoveMethod = "dump" | "copy";
export type MoveWish = "auto" | MoveMethod;

/** What moves a database, and why; or why nothing that was wished for can, and what to type instead. */
export type MoveChoice =
  | { readonly method: MoveMethod; readonly reasons: readonly string[] }
  | { readonly method: null; readonly reasons: readonly string[]; readonly hint: string };

/** Of the old server what a choice rests on. */
export type Movable = Pick<
  PostgresServer,
  "major" | "version" | "architecture" | "libc" | "icu" | "databases" | "tablespaces" | "checksums"
>;

/** How long visitors are estimated to wait with either. */
export interface MoveWindows {
  readonly copySeconds: number;
  readonly dumpSeconds: number;
}

/**
 * Whether a database moves by dump and restore or by a copy of its volume.
 *
 * A copy takes files as they are, so everything that gives them their meaning must be the same: the major version, the architecture, and
 * the libraries that sort texts (an index is a sorted list; https://wiki.postgresql.org/wiki/Locale_data_changes). Where it is safe `auto`
 * takes the method with the shorter window.
 * @param windows left out where a dump is no choice
 */
export function moveMethod(old: Movable, next: PostgresImage, wish: MoveWish, windows?: MoveWindows): MoveChoice {
  if (next.major < old.major) {
    return {
      method: null,
      reasons: [
        `Postgres ${next.version} is older than ${old.version}, and no method brings data back to an older major version.`,
      ],
      hint: "choose a release with the same Postgres, or a newer one",
    };
  }
  const against = againstCopy(old, next);
  if (wish === "copy" && against.length > 0) return { method: null, reasons: against, hint: "--postgres dump" };
  const same = `Postgres ${old.major}, ${libcText(old.libc)} and ${old.architecture} are the same before and after`;
  if (wish === "copy") return { method: "copy", reasons: [`It was asked for, and it is safe: ${same}.`] };
  if (wish === "dump") {
    const instead = against.length === 0 ? ", though a copy would be safe as well" : "";
    return { method: "dump", reasons: [`It was asked for${instead}.`, ...against] };
  }
  if (against.length > 0) return { method: "dump", reasons: against };
  return fasterOf(`${same}, so the files can be taken as they are`, windows);
}

/** An estimate is not so exact that less would be a difference; then the copy, which fills no second server and makes no dump before. */
const NEAR = { seconds: 10, share: 0.2 } as const;

function fasterOf(asTheyAre: string, windows: MoveWindows | undefined): MoveChoice {
  if (windows === undefined) return { method: "copy", reasons: [`${asTheyAre}.`] };
  const { copySeconds, dumpSeconds } = windows;
  const [copy, dump] = [about(copySeconds), about(dumpSeconds)];
  if (copySeconds - dumpSeconds > Math.max(NEAR.seconds, NEAR.share * copySeconds)) {
    const why = `A copy of the volume would be safe as well, but visitors would wait ${copy} for it, and ${dump} for a dump.`;
    return { method: "dump", reasons: [why] };
  }
  const other = dumpSeconds < copySeconds ? `hardly less, ${dump},` : dump;
  return { method: "copy", reasons: [`${asTheyAre}: visitors wait ${copy} for that, and ${other} for a dump.`] };
}

/** @throws OperatorError METHOD_UNSAFE */
export function requireMethod(...given: Parameters<typeof moveMethod>): MoveChoice & { readonly method: MoveMethod } {
  const choice = moveMethod(...given);
  if (choice.method !== null) return choice;
  throw new OperatorError("METHOD_UNSAFE", choice.reasons.join(" "), { exit: EXIT.refused, hint: choice.hint });
}

function againstCopy(old: Movable, next: PostgresImage): readonly string[] {
  const reasons: string[] = [];
  if (old.major !== next.major)
    return [`Postgres changes from ${old.major} to ${next.major}, and a major version cannot read the files of another.`];
  if (compareVersions(next.version, old.version) < 0)
    reasons.push(
      `The new release has Postgres ${next.version}, which is older than ${old.version} that the files were written by.`,
    );
  if (old.architecture !== next.architecture)
    reasons.push(
      `The architecture changes from ${old.architecture} to ${next.architecture}, and the files are laid out for one.`,
    );
  const unknown = [old.libc, next.libc].find(({ name, version }) => name === "unknown" || version === null);
  if (unknown !== undefined) {
    reasons.push("It cannot be told which C library sorts texts in both images, and indexes depend on it.");
  } else if (old.libc.name !== next.libc.name || old.libc.version !== next.libc.version) {
    reasons.push(
      `The C library changes from ${libcText(old.libc)} to ${libcText(next.libc)}, which may sort texts differently: indexes would be wrong without a word.`,
    );
  }
  if (old.icu !== next.icu)
    reasons.push(`The ICU library changes from ${old.icu ?? "none"} to ${next.icu ?? "none"}, which may sort texts differently.`);
  for (const { name, collationVersion: version, changedCollations } of old.databases) {
    if (version.recorded !== null && version.recorded !== version.actual)
      reasons.push(
        `The database ${name} was made with version ${version.recorded} of its collation and runs with ${version.actual ?? "none"}, so its indexes may be wrong already; a restore builds them anew.`,
      );
    else if (changedCollations.length > 0)
      reasons.push(
        `Indexes of the database ${name} use collations that have changed since (${changedCollations.slice(0, 3).join(", ")}); a restore builds them anew.`,
      );
  }
  if (old.tablespaces.length > 0)
    reasons.push(
      `The tablespaces ${old.tablespaces.join(", ")} lie outside of the volume, so a copy of it would be without them.`,
    );
  return reasons;
}
