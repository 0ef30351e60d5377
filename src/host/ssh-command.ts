import type { RemotePlace } from "../domain/backup-place.ts";
import type { Command } from "./command.ts";

/**
 * What runs on the other machine, whatever it is asked for: one fixed text. What is asked comes in on standard input, a line each, and
 * never becomes a part of a command. Numbers are of ours; paths stand in quotes, behind `--`.
 */
const SERVANT = [
  "umask 077",
  "IFS= read -r verb",
  "IFS= read -r path",
  "case $verb in",
  'write) mkdir -p -- "${path%/*}" || exit 1; set -C; cat > "$path" || exit 1; sync -- "$path" 2>/dev/null || sync; sha256sum < "$path" && wc -c < "$path" ;;',
  'print) if [ -f "$path" ]; then sha256sum < "$path" && wc -c < "$path"; else echo absent; fi ;;',
  'exists) if [ -e "$path" ]; then echo there; else echo absent; fi ;;',
  'remove) rm -f -- "$path" && echo done ;;',
  'rename) IFS= read -r to; if [ -e "$to" ]; then echo taken; else mv -- "$path" "$to" || exit 1; sync -- "$to" "${to%/*}" 2>/dev/null || sync; echo done; fi ;;',
  'list) if [ -d "$path" ]; then ls -1A -- "$path"; fi ;;',
  'room) while [ ! -d "$path" ] && [ -n "$path" ]; do path=${path%/*}; done; df -Pk -- "${path:-/}" ;;',
  'read) if [ -f "$path" ]; then wc -c < "$path"; else echo absent; fi; while read -r skip count; do tail -c "+$skip" -- "$path" | head -c "$count"; done ;;',
  "*) exit 1 ;;",
  "esac",
].join("\n");

/** The system's ssh, with nobody to ask: a key that is not known, or that has changed, ends it. */
export const sshCommand = ({ user, host, port }: RemotePlace): Command => ({
  program: "ssh",
  args: [
    "-T",
    ...OPTIONS.flatMap(option => ["-o", option]),
    ...(port === null ? [] : ["-p", String(port)]),
    ...(user === null ? [] : ["-l", user]),
    "--",
    host,
    `exec sh -c '${SERVANT}'`,
  ],
});

const OPTIONS = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "ClearAllForwardings=yes",
  "PermitLocalCommand=no",
  "ConnectTimeout=20",
  // A line that is dead for a minute is lost.
  "ServerAliveInterval=15",
  "ServerAliveCountMax=4",
];
