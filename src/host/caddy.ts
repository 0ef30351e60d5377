import { Readable } from "node:stream";
import { OperatorError } from "../errors.ts";
import type { HelperStreams } from "./helper-container.ts";
import { READ_RIGHTS } from "./volume-copy.ts";
import type { Caddy, CaddyVerdict } from "./world.ts";

/**
 * Reads the text from standard input and puts it beside whatever else lies in the Caddyfile's folder, because imports are relative to it.
 * What Caddy itself would write (its certificates, its own storage) goes into the scratch folder. Caddy 1 knows one check, Caddy 2 two: of what
 * the second one needs something may be missing here, a log's folder for example, which is not the text's fault.
 */
const CHECK = `set -u
bytes=$1; file=$2
mkdir -p /tmp/checked
folder=$(dirname "$file")
if [ "$folder" != / ] && [ -d "$folder" ]; then cp -R "$folder/." /tmp/checked/ 2>/dev/null; fi
to=/tmp/checked/$(basename "$file")
rm -rf "$to"
cat >"$to"
[ "$(wc -c <"$to")" -eq "$bytes" ] || { echo "only a part of the text arrived" >&2; exit 9; }
command -v caddy >/dev/null 2>&1 || { echo none; exit 0; }
export HOME=/tmp XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp CADDYPATH=/tmp
case "$(caddy -version 2>/dev/null)" in
*v1.* | *" 0."*)
  if said=$(caddy -validate -conf "$to" 2>&1); then echo valid; else echo refused; fi
  printf '%s\\n' "$said" ;;
*)
  if ! said=$(caddy adapt --adapter caddyfile --config "$to" 2>&1 >/dev/null); then echo invalid
  elif said=$(caddy validate --adapter caddyfile --config "$to" 2>&1); then echo valid
  else case "$said" in *"read-only file system"* | *"permission denied"*) echo unsure ;; *) echo refused ;; esac; fi
  printf '%s\\n' "$said" ;;
esac
`;

/** What Caddy says is wrong: its last word that is an error, without its log's own frame. */
function complaint(said: string): string {
  const lines = said.split("\n").map(line => line.trim());
  const error = lines.findLast(line => /^Error:|error/i.test(line)) ?? lines.findLast(line => line !== "") ?? "";
  return error.replace(/^Error: /, "").replaceAll("/tmp/checked/", "");
}

/** A Caddyfile, asked of the Caddy in an instance's own image, in a container without a network. */
export function createCaddy(helpers: Pick<HelperStreams, "feed">): Caddy {
  return {
    async check({ image, text, file, mounts, environment }) {
      const bytes = Buffer.from(text);
      let printed: string;
      try {
        printed = await helpers.feed(
          {
            purpose: "check-caddyfile",
            title: "Checking the Caddyfile",
            image,
            script: CHECK,
            args: [String(bytes.length), file],
            volumes: mounts.flatMap(({ type, source, target }) =>
              type === "volume" ? [{ name: source, at: target, writable: false }] : [],
            ),
            folders: mounts.flatMap(({ type, source, target }) =>
              type === "bind" ? [{ path: source, at: target, writable: false }] : [],
            ),
            env: environment,
            capabilities: READ_RIGHTS,
          },
          Readable.from([bytes]),
        );
      } catch (error) {
        if (!(error instanceof OperatorError) || !/"?sh"?: executable file not found/.test(error.message)) throw error;
        return { verdict: "unknown", say: "its image has no shell to ask it with" };
      }
      const [word = "", ...said] = printed.split("\n");
      return verdictOf(word, said.join("\n"));
    },
  };
}

function verdictOf(word: string, said: string): CaddyVerdict {
  if (word === "valid") return { verdict: "valid", say: "" };
  if (word === "none") return { verdict: "unknown", say: "there is no caddy program in its image" };
  if (word === "unsure") return { verdict: "syntax", say: complaint(said) };
  return { verdict: word === "refused" ? "refused" : "invalid", say: complaint(said) };
}
