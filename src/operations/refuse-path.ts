import { acknowledgements, type Instruction, REVIVERS } from "../domain/instructions.ts";
import { requirementsOf, type UpgradePath, type UpgradeRequest, upgradePath } from "../domain/upgrade-path.ts";
import { OperatorError } from "../errors.ts";

/** @throws OperatorError OLDER_RELEASE, SAME_RELEASE */
export function refuseOrder(path: UpgradePath, { from, to }: Pick<UpgradeRequest, "from" | "to">): void {
  if (!("order" in path)) return;
  if (path.order === "older") {
    throw new OperatorError("OLDER_RELEASE", `${to} is older than ${from}, and data does not go back to an older release.`, {
      hint: `graph-mgr rollback   (back to the instance before), or \`graph-mgr install\` for ${to} beside it, without the data`,
    });
  }
  throw new OperatorError("SAME_RELEASE", `${from} is installed already, and the bundle is no other cut of it.`, {
    hint: "graph-mgr versions   (what it may be updated to), or `graph-mgr copy` for a second one",
  });
}

/**
 * @param viaPath whether all of the path is to be walked
 * @throws OperatorError REQUIRES_PATH
 */
export function refusePath(path: UpgradePath, request: UpgradeRequest, viaPath: boolean): void {
  if ("order" in path) return;
  const { from, to, available, rules } = request;
  const missing = "missing" in path ? path.missing : [];
  if (missing.length === 0 && (path.hops.length === 1 || (path.hops.length > 1 && viaPath))) return;
  const target = available.find(({ release }) => release === to) ?? { release: to, requires: null };
  const requires = requirementsOf(target, rules).map(({ text }) => text);
  const why =
    requires.length === 0
      ? `${to} cannot follow ${from}`
      : `${to} takes updates only from ${requires.join(" and ")}, not from ${from}`;
  if (path.hops.length === 0) {
    throw new OperatorError("REQUIRES_PATH", `${why}, and no path of releases leads there.`, {
      hint: "graph-mgr versions   (what it may be updated to), or ask the vendor for the way",
    });
  }
  const way = [from, ...path.hops].join(" -> ");
  if (missing.length === 0) {
    throw new OperatorError("REQUIRES_PATH", `${why}; the path is ${way}, and all its bundles are here.`, {
      hint: "--via-path   (walks the whole path in one window)",
    });
  }
  const bundles = missing.map(({ release, before }) =>
    before === null ? release : `${release} (or a later one before ${before})`,
  );
  const isTargetAlone = path.hops.length === 1;
  throw new OperatorError(
    "REQUIRES_PATH",
    isTargetAlone
      ? `There is no bundle of ${to}.`
      : `${why}; the path is ${way}, and there is no bundle of ${bundles.join(", nor of ")}.`,
    {
      hint: `put ${missing.length === 1 ? "it" : "them"} into the home's folder \`bundles\`${isTargetAlone ? "" : ", then --via-path"}   (\`graph-mgr versions\` shows what lies here)`,
    },
  );
}

/** The releases to go through, the target last. @throws OperatorError OLDER_RELEASE, SAME_RELEASE, REQUIRES_PATH */
export function hopsTo(request: UpgradeRequest, viaPath: boolean): readonly string[] {
  const path = upgradePath(request);
  refuseOrder(path, request);
  refusePath(path, request, viaPath);
  return "hops" in path ? path.hops : [];
}

/** More than that nobody reads in a script's output. */
const SHOWN_LINES = 60;
const SHOWN_CHARACTERS = 500;

/** All of it, as it may be shown, without what would move a terminal's cursor. */
function wholeText({ release, text }: Instruction): string {
  const lines = text.split(/\r?\n/).map(line => line.replaceAll(/[\p{Cc}\p{Cf}]/gu, " ").trimEnd());
  const said = lines.slice(
    lines.findIndex(line => line !== ""),
    lines.findLastIndex(line => line !== "") + 1,
  );
  const shown = said
    .slice(0, SHOWN_LINES)
    .map(line => (line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}...` : line));
  const more = said.length - shown.length;
  return [`${release}:`, ...shown, ...(more > 0 ? [`(${more} lines more; the release's bundle has all of it)`] : [])].join(
    "\n  ",
  );
}

/**
 * @param given values of `--acknowledge`
 * @throws OperatorError NOT_ACKNOWLEDGED
 */
export function refuseUnread(instructions: readonly Instruction[], given: readonly string[]): void {
  const unread = acknowledgements(instructions, given);
  if (unread.length === 0) return;
  const words = unread.map(({ release }) => `--acknowledge ${release}`).join(" ");
  const [what, when] = unread.every(({ release }) => release === REVIVERS)
    ? [
        "Something on this machine could start the old release again, and nobody said that it was dealt with.",
        "it was dealt with",
      ]
    : ["There are instructions to be read before the update, and nobody said that they were read.", "you have read them"];
  throw new OperatorError("NOT_ACKNOWLEDGED", [what, ...unread.map(wholeText)].join("\n"), { hint: `${words}   (when ${when})` });
}
