import { basename, join } from "node:path";
import { broken, type Finding, type Fix, fine, remark, risky } from "../../domain/finding.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";
import type { OpenPath } from "../../survey/doctor/permissions.ts";

const OTHERS_WRITE = 0o022;
const OTHERS = 0o077;

/** What is wrong with a path, and the mode that it should have; null: nothing, or nothing that a mode mends. */
const RULES: Readonly<
  Record<
    OpenPath["what"],
    {
      readonly judge: typeof broken;
      readonly isWrong: (path: OpenPath) => boolean;
      readonly says: string;
      readonly mode: ((mode: number) => number) | null;
      readonly cure: (path: string) => string;
    }[]
  >
> = {
  own: [
    {
      judge: broken,
      isWrong: ({ mode }) => (mode & OTHERS_WRITE) !== 0,
      says: "others may write to it",
      mode: mode => mode & 0o700,
      cure: path => `chmod go-rwx ${path}`,
    },
    {
      judge: risky,
      isWrong: ({ mode }) => (mode & OTHERS) !== 0 && (mode & OTHERS_WRITE) === 0,
      says: "others may read it",
      mode: mode => mode & 0o700,
      cure: path => `chmod go-rwx ${path}`,
    },
  ],
  settings: [
    {
      judge: broken,
      isWrong: ({ mode }) => (mode & OTHERS_WRITE) !== 0,
      says: "others may write to it, and it decides what runs",
      mode: mode => mode & 0o700,
      cure: path => `chmod 600 ${path}`,
    },
    {
      judge: risky,
      isWrong: ({ mode }) => (mode & OTHERS) !== 0 && (mode & OTHERS_WRITE) === 0,
      says: "others may read the secrets in it",
      mode: mode => mode & 0o700,
      cure: path => `chmod 600 ${path}`,
    },
  ],
  // Who in a container reads it may be anybody, so only writing is taken away from others.
  key: [
    {
      judge: broken,
      isWrong: ({ mode }) => (mode & OTHERS_WRITE) !== 0,
      says: "others may write to this private key",
      mode: mode => mode & ~OTHERS_WRITE,
      cure: path => `chmod go-w ${path}`,
    },
    {
      judge: risky,
      isWrong: ({ mode }) => (mode & 0o004) !== 0 && (mode & OTHERS_WRITE) === 0,
      says: "everybody may read this private key",
      mode: null,
      cure: path => `chmod o-r ${path}   (its service must still be able to read it)`,
    },
  ],
  release: [
    {
      judge: broken,
      isWrong: ({ mode }) => (mode & OTHERS_WRITE) !== 0,
      says: "others may write to the folder of an instance, and so decide what runs",
      mode: mode => mode & ~OTHERS_WRITE,
      cure: path => `chmod go-w ${path}`,
    },
  ],
  above: [
    // With the sticky bit nobody can put something else in the place of what another one owns.
    {
      judge: broken,
      isWrong: ({ mode }) => (mode & 0o002) !== 0 && (mode & 0o1000) === 0,
      says: "everybody may write to this folder, and so put another one in the place of the home",
      mode: null,
      cure: path => `chmod o-w ${path}`,
    },
  ],
  socket: [
    {
      judge: broken,
      isWrong: ({ mode }) => (mode & 0o002) !== 0,
      says: "everybody may command the Docker Engine, which is as much as being root",
      mode: null,
      cure: path => `chmod 660 ${path}`,
    },
  ],
};

/** F73: other people's access to what is for its owner alone. One finding for each kind of trouble, however many files have it. */
export function judgePermissions({ home, permissions: { paths, uid, isCut, unreadable } }: DoctorFacts): readonly Finding[] {
  const found: Finding[] = [];
  for (const [what, rules] of Object.entries(RULES) as [OpenPath["what"], (typeof RULES)["own"]][]) {
    for (const { judge, isWrong, says, mode, cure } of rules) {
      const wrong = paths.filter(path => path.what === what && isWrong(path));
      const [first] = wrong;
      if (first === undefined) continue;
      const fixes = mode === null ? [] : wrong.map((path): Fix => ({ kind: "mode", path: path.path, mode: mode(path.mode) }));
      found.push(
        judge("permissions", first.path, `${says} (mode ${octal(first.mode)})${andMore(wrong)}`, {
          cure: cure(first.path),
          fixes,
        }),
      );
    }
  }
  const foreign = paths.filter(path => path.what === "own" && uid !== null && path.uid !== uid);
  const [stranger] = foreign;
  if (stranger !== undefined)
    found.push(
      risky("permissions", stranger.path, `it belongs to the user ${stranger.uid}, and the home to ${uid}${andMore(foreign)}`, {
        cure: `chown -R --no-dereference ${uid} ${join(home.path, ".graph-mgr")}`,
      }),
    );
  const [hidden] = unreadable;
  if (hidden !== undefined)
    found.push(
      remark(
        "permissions",
        hidden,
        `this user may not look at it${unreadable.length > 1 ? `, nor at ${unreadable.length - 1} more` : ""}`,
      ),
    );
  if (isCut) found.push(remark("permissions", home.path, "there are more files than were looked at"));
  return found.length > 0 || !home.isThere ? found : [fine("permissions", home.path, "only its owner has access")];
}

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/** `, and 12 more: b, c` */
const andMore = (wrong: readonly OpenPath[]): string =>
  wrong.length < 2
    ? ""
    : `; ${wrong.length - 1} more, such as ${wrong
        .slice(1, 3)
        .map(({ path }) => basename(path))
        .join(" and ")}`;
