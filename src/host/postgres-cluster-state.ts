import { OperatorError } from "../errors.ts";
import type { Helpers } from "./helper-container.ts";
import { READ_RIGHTS } from "./volume-copy.ts";

/** The cluster may lie below the volume's top, where PGDATA says: three levels down is as deep as the official images go. */
const CONTROL = `set -eu
cd /graph-mgr/source
find . -maxdepth 5 -path '*/global/pg_control' -type f > /tmp/found
while IFS= read -r control; do
  folder=\${control%/global/pg_control}
  [ -s "$folder/PG_VERSION" ] || continue
  echo "major $(cat "$folder/PG_VERSION")"
  echo "number $(od -An -t d4 -j 16 -N 4 "$control")"
  for tool in $(command -v pg_controldata || true) /usr/lib/postgresql/*/bin/pg_controldata; do
    [ -x "$tool" ] || continue
    case "$("$tool" --version)" in *" $(cat "$folder/PG_VERSION")."* | *" $(cat "$folder/PG_VERSION")") ;; *) continue ;; esac
    LC_ALL=C "$tool" "$folder"
    break
  done
done < /tmp/found
`;

/** What pg_controldata calls the states of ControlFileData.state, in their order (src/include/catalog/pg_control.h), unchanged since Postgres 9.0. */
const STATES = [
  "starting up",
  "shut down",
  "shut down in recovery",
  "shutting down",
  "in crash recovery",
  "in archive recovery",
  "in production",
];

/**
 * By pg_controldata of the same major where the helper's image has it, else from the control file itself.
 * @throws OperatorError NO_VOLUME, CLUSTER_UNCLEAR
 */
export async function clusterStateOf(
  helpers: Helpers,
  volume: string,
  helperImage: string,
): Promise<{ readonly state: string; readonly major: string } | null> {
  const printed = await helpers.run({
    purpose: "cluster-state",
    title: `Reading the database state in the volume ${volume}`,
    image: helperImage,
    script: CONTROL,
    volumes: [{ name: volume, at: "/graph-mgr/source", writable: false }],
    capabilities: READ_RIGHTS,
  });
  const majors = [...printed.matchAll(/^major (.+)$/gm)].map(match => match[1] ?? "");
  const [major] = majors;
  if (major === undefined) return null;
  const number = /^number +(\d+)$/m.exec(printed)?.[1];
  const state = /^Database cluster state: +(.+)$/m.exec(printed)?.[1] ?? STATES[Number(number)];
  if (majors.length > 1 || state === undefined || number === undefined || STATES[Number(number)] !== state) {
    throw new OperatorError(
      "CLUSTER_UNCLEAR",
      majors.length > 1
        ? `The volume ${volume} holds ${majors.length} Postgres clusters.`
        : `The control file of the Postgres cluster in the volume ${volume} cannot be read (state ${state ?? number ?? "missing"}).`,
      { hint: "move the data with `--data dump` instead" },
    );
  }
  return { state, major };
}
