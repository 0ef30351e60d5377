import type { RemotePlace } from "../domain/backup-place.ts";
import type { Command } from "./command.ts";
import { sshScript } from "./ssh.ts";

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

export const servantCommand = ({ user, host, port }: RemotePlace): Command =>
  sshScript({ target: { user, host, port }, identity: null, knownHosts: null }, SERVANT);
