import type { Progress } from "./world.ts";

/**
 * What helper containers, and root itself, do with whole trees. POSIX sh, for coreutils and busybox alike; no pipes,
 * because a pipe hides which end failed.
 */

/**
 * `$1` tree to copy, `$2` existing folder that becomes its equal: contents, owners, modes, times, links, hard links, named pipes,
 * sockets and (with coreutils) extended attributes, and the top folder's own owner and mode. What was in `$2` goes first.
 *
 * Prints `copied 1 of 2 KiB` now and then.
 *
 * `SKIP` what is left out, a line each, like `./a/b`; `PARENTS` the folders above these, `.` first, then `./a`.
 */
export const COPY_TREE = `set -eu
from=$1 to=$2
find "$to" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
# A plain cp -a says nothing when it cannot keep an extended attribute.
if cp --version 2>/dev/null | grep -q 'GNU coreutils'; then
  copy='cp -dR --preserve=mode,ownership,timestamps,links,xattr --reflink=auto'
else
  copy='cp -a'
fi
like() { # TO FROM: a folder's owner, mode and time
  chown "$(stat -c '%u:%g' "$2")" "$1"
  chmod "$(stat -c '%a' "$2")" "$1"
  touch -r "$2" "$1"
}
newline='
'
# Says now and then how far it is. It must not outlive this, wherever it is cut off.
(
  sleep 2 >/dev/null
  set -- $(du -sk "$from")
  total=$1
  while kill -0 $$; do
    set -- $(du -sk "$to")
    echo "copied $1 of $total KiB"
    sleep 2 >/dev/null
  done
) 2>/dev/null &
watcher=$!
# What is written goes to the disk while the rest is read, so that little is left to wait for in the end.
(
  while sleep 0.3 && kill -0 $$; do sync -f "$to" || exit; done
) >/dev/null 2>&1 &
flusher=$!
trap 'kill "$watcher" "$flusher" 2>/dev/null || :' EXIT
deepest_first=
if [ -z "\${SKIP-}" ]; then
  $copy "$from/." "$to/"
else
  cd "$from"
  set -f; IFS=$newline
  set -- $PARENTS
  set +f; unset IFS
  parents=$#
  for folder in "$@"; do
    if [ "$folder" != . ]; then
      [ -d "$to/\${folder%/*}" ] || continue
      if [ -L "$folder" ] || [ ! -d "$folder" ]; then
        if [ -L "$folder" ] || [ -e "$folder" ]; then set -- "$@" "$folder"; fi
        continue
      fi
      mkdir "$to/$folder"
    fi
    deepest_first=$folder$newline$deepest_first
    for entry in "$folder"/* "$folder"/.[!.]* "$folder"/..?*; do
      [ -e "$entry" ] || [ -L "$entry" ] || continue
      case "$newline$SKIP$newline$PARENTS$newline" in *"$newline$entry$newline"*) continue ;; esac
      set -- "$@" "$entry"
    done
  done
  shift "$parents"
  # All in one call, because cp knows hard links only within a call.
  [ $# -eq 0 ] || $copy --parents "$@" "$to"
  set -f; IFS=$newline
  for folder in $deepest_first; do like "$to/$folder" "$folder"; done
fi
like "$to" "$from"
sync -f "$to" 2>/dev/null || sync
`;

/** COPY_TREE that prints `took 10 ms` at its end, by a clock of its own. */
export const TIMED_COPY = `clock() { # hundredths of a second, which every Linux has; a plain date knows only whole ones
  IFS=' ' read -r seconds rest < /proc/uptime
  echo "$((\${seconds%.*} * 100 + 1\${seconds#*.} - 100))"
}
begun=$(clock)
${COPY_TREE}echo "took $(($(clock) - begun))0 ms"
`;

/**
 * `$1` the tree. Prints one sha256 over the sorted paths, and for each its type, mode, owner, device numbers, link target, number of
 * names (files) and the digest of its content: BLAKE2 where the machine or image has it, which takes a third of the time of sha256. So only
 * digests that were made in one place compare, unless `SUM` names the program. Times are left out, because reading and mounting moves them; so are extended attributes,
 * which POSIX tools cannot list. The lists lie in files between the steps: odd names (spaces, line breaks) stay whole between NULs.
 */
export const DIGEST_TREE = `set -eu
export LC_ALL=C
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$1"
find . -print0 > "$scratch/found"
sort -z "$scratch/found" > "$scratch/all"
find . -type f -print0 > "$scratch/found"
sort -z "$scratch/found" > "$scratch/files"
find . -type l -print0 > "$scratch/found"
sort -z "$scratch/found" > "$scratch/links"
xargs -0 -r stat -c '%f %u %g %t %T' < "$scratch/all" > "$scratch/attributes"
xargs -0 -r stat -c '%h' < "$scratch/files" > "$scratch/names"
if [ -n "\${SUM-}" ]; then sum=$SUM; elif command -v b2sum >/dev/null; then sum='b2sum --length=256'; else sum=sha256sum; fi
xargs -0 -r $sum < "$scratch/files" > "$scratch/contents"
xargs -0 -r -n 1 readlink < "$scratch/links" > "$scratch/targets"
cd "$scratch"
sha256sum all attributes names contents targets > digests
sha256sum < digests
`;

/** `$@` the trees. Prints KiB on disk and the path, a line each. */
export const SIZE_TREES = `set -eu
du -sk "$@"
`;

/** `$1` a folder that is emptied, itself staying. */
export const EMPTY_TREE = `set -eu
find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
`;

/** What COPY_TREE prints on its way, for people: `45 % of 320 MB`. */
export const copied =
  (progress: Progress) =>
  (line: string): void => {
    const [, done, total] = /^copied (\d+) of (\d+) KiB$/.exec(line) ?? [];
    if (done === undefined || total === undefined || Number(total) === 0) return;
    const percent = Math.min(99, Math.floor((100 * Number(done)) / Number(total)));
    progress(`${percent} % of ${Math.ceil((Number(total) * 1024) / 1e6)} MB`);
  };

/** How long TIMED_COPY took by its own clock, without the start and end of what it ran in, in milliseconds. */
export function tookMs(printed: string): number {
  const took = /^took (\d+) ms$/m.exec(printed)?.[1];
  if (took === undefined) throw new Error(`expected how long it took, not ${JSON.stringify(printed.slice(-200))}`);
  return Number(took);
}

/** The environment that tells COPY_TREE what to leave out: relative paths, none of them outside the tree. */
export function leavingOut(paths: readonly string[]): Readonly<Record<string, string>> {
  const skip = paths.map(
    path =>
      `./${path
        .split("/")
        .filter(part => part !== "" && part !== ".")
        .join("/")}`,
  );
  if (skip.some(path => path === "./" || path.split("/").includes("..") || path.includes("\n"))) {
    throw new RangeError(`cannot leave out ${JSON.stringify(paths)}`);
  }
  const parents = new Set(["."]);
  for (const path of skip) {
    const parts = path.split("/");
    for (let depth = 2; depth < parts.length; depth++) parents.add(parts.slice(0, depth).join("/"));
  }
  return skip.length === 0 ? {} : { SKIP: skip.join("\n"), PARENTS: [...parents].sort().join("\n") };
}

/** `$1` tree to take from, `$2` tree that gets what it lacks, whole folders at once. What is there stays as it is. */
export const FILL_TREE = `set -eu
cd "$1"
if cp --version 2>/dev/null | grep -q 'GNU coreutils'; then
  copy='cp -dR --preserve=mode,ownership,timestamps,links,xattr --reflink=auto'
else
  copy='cp -a'
fi
export copy
# Folders come before what is in them, so a folder that is lacking is copied whole and its entries are there already.
find . -mindepth 1 -exec sh -ec 'to=$1; shift; for path in "$@"; do
  if [ -e "$to/$path" ] || [ -L "$to/$path" ]; then continue; fi
  if [ -d "$to/\${path%/*}" ]; then $copy "$path" "$to/$path"; fi
done' fill "$2" {} +
sync -f "$2" 2>/dev/null || sync
`;

/**
 * `$@` the trees, absolute: prints of each a digest of its files' names, sizes, times and inodes, a line each. A file that goes meanwhile is no
 * error: the digest is another one then.
 */
export const FINGERPRINT_TREES = `set -eu
list=$(mktemp)
for tree; do
  cd "$tree"
  find . -type f -exec stat -c '%n %s %Y %Z %i' {} + >"$list" 2>/dev/null || true
  LC_ALL=C sort -o "$list" "$list"
  sha256sum <"$list"
done
rm -f "$list"
`;

/** `$1` tree, `$2` seconds since 1970: prints a dot for each file that was written later. */
export const COUNT_SINCE = `set -eu
stamp=$(mktemp)
touch -d "@$2" "$stamp"
find "$1" -type f -newer "$stamp" -exec sh -c 'for file; do echo .; done' count {} +
rm -f "$stamp"
`;

/** What COUNT_SINCE takes for a moment, in ISO 8601. */
export const secondsOf = (moment: string): string => String(Math.floor(Date.parse(moment) / 1000));

/** What COUNT_SINCE printed. */
export const counted = (printed: string): number => printed.split("\n").filter(line => line === ".").length;

/**
 * `$1` the tree; prints its archive. What follows are GNU tar's and busybox's own `--exclude=./...`. Unless `LIVE` is empty a file may change or go
 * while it is read, which GNU tar tells by ending with 1 and busybox not at all.
 */
export const PACK_TREE = `set -eu
cd "$1"
shift
if tar --version 2>/dev/null | grep -q 'GNU tar'; then
  code=0
  # As much at once as a pipe takes: who reads it is woken less often.
  tar --format=gnu --numeric-owner --blocking-factor=128 -cf - "$@" . || code=$?
  [ "$code" = 0 ] || { [ "$code" = 1 ] && [ -n "\${LIVE-}" ]; }
else
  exec tar -cf - "$@" .
fi
`;

/** `$1` a folder that gets what the archive on standard input has, and nothing else. */
export const UNPACK_TREE = `set -eu
find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
if tar --version 2>/dev/null | grep -q 'GNU tar'; then
  tar --blocking-factor=128 --read-full-records -xpf - -C "$1"
else
  tar -xpf - -C "$1"
fi
sync -f "$1" 2>/dev/null || sync
`;
