import { OperatorError } from "../errors.ts";
import { docker } from "./command.ts";
import { PS_FORMAT, parseContainerDetails, parseContainerSummary, parseImage, parseImages } from "./engine-parse.ts";
import type { Executor } from "./exec.ts";
import { createOwnContainers } from "./own-container.ts";
import type { Engine, VolumeInfo } from "./world.ts";

/** The part of `Engine` that is done inside helper containers. */
export type HelperWork = Pick<
  Engine,
  "volumeDigest" | "copyVolume" | "volumeSizeBytes" | "volumeFingerprints" | "volumeCountSince" | "sweep"
>;

const linesOf = (text: string): readonly string[] => text.split("\n").filter(line => line !== "");

/** What Docker says of a thing that is not there. */
const isGone = (error: unknown): boolean =>
  error instanceof OperatorError && /no such (container|volume|network|image|object)|not found/i.test(error.message);

const noEngine = (errors: readonly string[] | null): OperatorError =>
  new OperatorError("NO_ENGINE", `The Docker Engine does not answer: ${(errors ?? ["no id"]).join("; ")}`, {
    hint: "start it, e.g. `systemctl start docker`, and see `docker info`",
  });

interface InspectedStop {
  readonly Id: string;
  readonly Config: { readonly StopTimeout?: number };
}

interface InspectedVolume {
  readonly Name: string;
  readonly Driver: string;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Labels: Readonly<Record<string, string>> | null;
}

const parseVolumes = (json: string): readonly VolumeInfo[] =>
  (JSON.parse(json) as readonly InspectedVolume[]).map(({ Name, Driver, Options, Labels }) => ({
    name: Name,
    driver: Driver,
    options: Options ?? {},
    labels: Labels ?? {},
  }));

async function unlessGone<T, Otherwise>(work: Promise<T>, otherwise: Otherwise): Promise<T | Otherwise> {
  try {
    return await work;
  } catch (error) {
    if (isGone(error)) return otherwise;
    throw error;
  }
}

/**
 * A Docker Engine through its command line, which knows contexts, DOCKER_HOST and rootless sockets.
 * @param composeVersion how Compose's version is found out
 */
export function createEngine(executor: Executor, helpers: HelperWork, composeVersion: () => Promise<string>): Engine {
  const run = (...args: readonly string[]) => executor.run(docker(...args));

  const volume = async (name: string): Promise<VolumeInfo | null> => {
    const json = await unlessGone(run("volume", "inspect", name), null);
    if (json === null) return null;
    return parseVolumes(json)[0] ?? null;
  };

  return {
    ...helpers,
    ...createOwnContainers(executor),
    volume,
    async about() {
      const [info, compose] = await Promise.all([
        run(
          "info",
          "--format",
          "[{{json .ID}},{{json .ServerVersion}},{{json .Architecture}},{{json .ServerErrors}},{{json .DriverStatus}}]",
        ),
        composeVersion(),
      ]);
      const [id, version, architecture, errors, status] = JSON.parse(info) as [
        string,
        string,
        string,
        readonly string[] | null,
        unknown,
      ];
      if (id === "" || (errors ?? []).length > 0) throw noEngine(errors);
      const imageStore = JSON.stringify(status ?? null).includes("io.containerd.snapshotter") ? "containerd" : "classic";
      return { id, version, compose, architecture, imageStore };
    },
    async diagnose() {
      const fields = ["ID", "ServerVersion", "SystemTime", "DockerRootDir", "OperatingSystem", "Runtimes", "ServerErrors"];
      const info = await run("info", "--format", `[${fields.map(field => `{{json .${field}}}`).join(",")}]`);
      const [id, version, time, root, system, runtimes, errors] = JSON.parse(info) as [
        string,
        string,
        string,
        string,
        string,
        Readonly<Record<string, unknown>> | null,
        readonly string[] | null,
      ];
      if (id === "" || (errors ?? []).length > 0) throw noEngine(errors);
      return { id, version, time: new Date(time).toISOString(), root, system, runtimes: Object.keys(runtimes ?? {}).sort() };
    },
    images: references =>
      Promise.all(
        references.map(async reference => parseImage((await unlessGone(run("image", "inspect", reference), "[]")) || "[]")),
      ),
    async allImages() {
      const ids = [...new Set(linesOf(await run("image", "ls", "--all", "--quiet", "--no-trunc")))];
      const all = ids.length === 0 ? "[]" : await unlessGone(run("image", "inspect", ...ids), null);
      // One that vanished between listing and looking must not hide the others.
      const texts = all === null ? await Promise.all(ids.map(id => unlessGone(run("image", "inspect", id), "[]"))) : [all];
      return texts.flatMap(text => parseImages(text || "[]"));
    },
    async tagsUnder(prefix) {
      return linesOf(await run("image", "ls", "--filter", `reference=${prefix}/*`, "--format", "{{.Repository}}:{{.Tag}}"));
    },
    async tag(imageId, reference) {
      await run("tag", imageId, reference);
    },
    async untag(reference) {
      await unlessGone(run("image", "rm", "--no-prune", reference), "");
    },
    async removeImage(imageId) {
      try {
        await unlessGone(run("image", "rm", imageId), "");
      } catch (error) {
        // What others are made from stays, without a name.
        if (!(error instanceof OperatorError) || !/dependent child images/.test(error.message)) throw error;
      }
    },
    async volumes() {
      const names = linesOf(await run("volume", "ls", "--quiet"));
      if (names.length === 0) return [];
      const all = await unlessGone(run("volume", "inspect", ...names), null);
      if (all !== null) return parseVolumes(all);
      const found = await Promise.all(names.map(volume));
      return found.filter(each => each !== null);
    },
    async createVolume({ name, driver, options, labels }) {
      // `docker volume create` says nothing when the name is taken, even with other options.
      if ((await volume(name)) !== null) throw new OperatorError("EXISTS", `There is already a volume ${name}.`);
      const flags = [
        ...Object.entries(options).flatMap(([key, value]) => ["--opt", `${key}=${value}`]),
        ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
      ];
      await run("volume", "create", "--driver", driver, ...flags, "--", name);
    },
    async removeVolume(name) {
      await unlessGone(run("volume", "rm", "--", name), "");
    },
    async networks() {
      const lines = linesOf(
        await run(
          "network",
          "ls",
          "--no-trunc",
          "--format",
          '[{{json .ID}},{{json .Name}},{{json (.Label "com.docker.compose.project")}},{{json (.Label "com.docker.compose.network")}}]',
        ),
      );
      return lines.map(line => {
        const [id = "", name = "", project = "", key = ""] = JSON.parse(line) as string[];
        return {
          id,
          name,
          labels: project === "" ? {} : { "com.docker.compose.project": project, "com.docker.compose.network": key },
        };
      });
    },
    async removeNetwork(id) {
      await unlessGone(run("network", "rm", id), "");
    },
    async containers() {
      return linesOf(await run("ps", "--all", "--no-trunc", "--format", PS_FORMAT)).map(parseContainerSummary);
    },
    async inspect(ids) {
      if (ids.length === 0) return [];
      const all = await unlessGone(run("inspect", "--type", "container", ...ids), null);
      if (all !== null) return parseContainerDetails(all);
      // One that vanished between listing and looking must not hide the others.
      const found = await Promise.all(
        ids.map(async id => parseContainerDetails((await unlessGone(run("inspect", "--type", "container", id), "[]")) || "[]")),
      );
      return found.flat();
    },
    async setRestartPolicy(id, policy) {
      await run("update", `--restart=${policy}`, id);
    },
    async start(ids) {
      if (ids.length > 0) await run("start", ...ids);
    },
    async stop(ids, graceSeconds) {
      if (ids.length === 0) return;
      // A vendor who asks for more time to shut down gets it.
      const asked = JSON.parse(await run("inspect", "--type", "container", ...ids)) as readonly InspectedStop[];
      const seconds = ({ Config }: InspectedStop) => Math.max(graceSeconds, Config.StopTimeout ?? 0);
      const groups = [...new Set(asked.map(seconds))].map(
        longest => [longest, asked.filter(each => seconds(each) === longest).map(({ Id }) => Id)] as const,
      );
      await Promise.all(groups.map(([longest, group]) => run("stop", "--time", String(longest), ...group)));
    },
    async removeContainer(id, anonymousVolumes = false) {
      await unlessGone(run("rm", "--force", ...(anonymousVolumes ? ["--volumes"] : []), id), "");
    },
  };
}
