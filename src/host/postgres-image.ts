import type { Libc, PostgresImage } from "../domain/postgres-facts.ts";
import type { Executor } from "./exec.ts";
import type { Helpers } from "./helper-container.ts";
import { lookAtImage } from "./image-look.ts";

/**
 * What the image itself says, as lines of a word and a value. Looked for where Debian, Alpine, Red Hat and Bitnami put it, and beside
 * the program: an installation can be moved as a whole, and finds its share/ relative to its bin/.
 */
const LOOK_AT_IMAGE = `set -u
server=
for each in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres /usr/libexec/postgresql*/postgres /opt/bitnami/postgresql/bin/postgres; do
  if [ -n "$each" ] && [ -x "$each" ]; then server=$each; break; fi
done
[ -n "$server" ] || exit 0
version=$("$server" --version | sed -n 's/^postgres (PostgreSQL) \\([^ ]*\\).*/\\1/p')
echo "version $version"
echo "architecture $(uname -m)"
if [ -r /etc/os-release ]; then echo "system $(. /etc/os-release; echo "\${ID-} \${VERSION_ID-}")"; fi
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 || true)
printf '%s\\n' "$libc" | sed 's/^/libc /'
for each in /lib/ld-musl-*.so.1; do if [ -x "$each" ]; then "$each" 2>&1 | sed 's/^/libc /'; fi; done
for each in /usr/lib/libicui18n.so.* /usr/lib/*/libicui18n.so.* /usr/lib64/libicui18n.so.* /usr/local/lib/libicui18n.so.* /lib/*/libicui18n.so.* /opt/bitnami/*/lib/libicui18n.so.*; do
  if [ -e "$each" ]; then echo "icu \${each##*.so.}"; fi
done
if command -v locale >/dev/null; then locale -a 2>/dev/null | sed 's/^/locale /'; fi
major=\${version%%[!0-9]*}
real=$(readlink -f "$server")
for folder in "$(pg_config --sharedir 2>/dev/null || true)" "\${real%/bin/postgres}/share" "\${real%/bin/postgres}/share/postgresql" \\
  "/usr/share/postgresql/$major" "/usr/share/postgresql$major" /usr/share/postgresql /usr/local/share/postgresql "/usr/pgsql-$major/share" /opt/bitnami/postgresql/share; do
  [ -n "$folder" ] && [ -d "$folder/extension" ] || continue
  for control in "$folder"/extension/*.control; do
    [ -r "$control" ] || continue
    name=\${control##*/}
    echo "extension \${name%.control} $(sed -n "s/^ *default_version *= *'\\([^']*\\)'.*/\\1/p" "$control" | head -n 1)"
  done
done
`;

/**
 * Says what is in an image, and looks into it once: under its id it stays what it is, and a plan asks for the same one several times.
 * Null when there is no Postgres in it. @throws OperatorError NO_IMAGE, COMMAND_FAILED
 */
export function imageDescriber(executor: Executor, helpers: Helpers): (image: string) => Promise<PostgresImage | null> {
  const printed = new Map<string, string>();
  return async image => {
    const { id } = await lookAtImage(executor, image);
    const text =
      printed.get(id) ??
      (await helpers.run({
        purpose: "image",
        title: `Looking at the Postgres in ${image}`,
        image,
        script: LOOK_AT_IMAGE,
        user: "65534:65534",
      }));
    printed.set(id, text);
    return imageIn(text);
  };
}

/** What LOOK_AT_IMAGE printed. */
export function imageIn(printed: string): PostgresImage | null {
  const lines = printed.split("\n").map(line => /^(\w+) (.*)$/.exec(line) ?? ["", "", ""]);
  const all = (word: string): readonly string[] =>
    lines.filter(([, key]) => key === word).map(([, , value = ""]) => value.trim());
  const [version = ""] = all("version");
  const major = Number(/^\d+/.exec(version)?.[0]);
  if (!Number.isInteger(major) || major === 0) return null;
  const icu = [...new Set(all("icu"))].filter(each => each.includes(".")).sort();
  const locales = all("locale");
  const libc = libcIn(all("libc"));
  return {
    major,
    version,
    architecture: all("architecture")[0] ?? "",
    libc,
    icu: icu.length === 0 ? null : icu.join(" and "),
    system: all("system")[0] ?? "",
    extensions: Object.fromEntries(
      all("extension").map(each => {
        const [name = "", ...rest] = each.split(" ");
        return [name, rest.join(" ")];
      }),
    ),
    locales: libc.name === "musl" || locales.length === 0 ? null : locales,
  };
}

/** From what `getconf GNU_LIBC_VERSION`, `ldd --version` or musl's loader say of themselves. */
function libcIn(said: readonly string[]): Libc {
  const text = said.join("\n");
  const musl = /musl libc/.test(text);
  const version = (musl ? /^Version (\d[\w.]*)/m : /^(?:glibc |ldd \(.*\) )(\d+\.\d+)/m).exec(text)?.[1] ?? null;
  return { name: musl ? "musl" : version === null ? "unknown" : "glibc", version };
}
