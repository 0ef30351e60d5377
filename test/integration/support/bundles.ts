import { homedir } from "node:os";
import { join } from "node:path";

/** The releases of the sample product that the integration tests install; `tiny-...` is one web server without a database, for what need not be big. */
const releases = ["v2.22.2", "v2.23.0", "v2.23.1", "v2.24.9", "v2.45.11", "v2.2.22", "tiny-v1.0.0"] as const;
type SampleRelease = (typeof releases)[number];

const fileName = (release: SampleRelease) => (release.startsWith("tiny-") ? release : `graphistry-${release}`);

/** The names by which scripts/samples.sh makes them. */
export const sampleBundles: readonly string[] = releases.map(fileName);

/** The absolute path of a sample bundle. It lies in `$GRAPH_MGR_SAMPLES` or the user's cache, and the set-up of these tests has made sure that it is there. */
export function bundle(release: SampleRelease): string {
  return join(process.env.GRAPH_MGR_SAMPLES || join(homedir(), ".cache/graph-mgr/samples"), `${fileName(release)}.tar.gz`);
}
