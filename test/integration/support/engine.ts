import { randomInt } from "node:crypto";
import { execa } from "execa";
import { docker } from "./cli.ts";

/** `docker inspect` of a container, the parts that tests ask about. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Status: string; readonly Running: boolean; readonly ExitCode: number; readonly StartedAt: string };
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Image: string;
    readonly User: string;
  };
  readonly HostConfig: {
    readonly RestartPolicy: { readonly Name: string };
    readonly NetworkMode: string;
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Privileged: boolean;
    readonly PidsLimit: number | null;
    readonly Memory: number;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
}

const lines = (text: string): readonly string[] => text.split("\n").filter(line => line !== "");

export async function inspect(...ids: readonly string[]): Promise<readonly Inspected[]> {
  if (ids.length === 0) return [];
  const { stdout } = await execa("docker", ["inspect", "--type", "container", ...ids], { reject: false });
  return JSON.parse(stdout === "" ? "[]" : stdout) as Inspected[];
}

/** Containers of a Compose project, in any state. */
export async function containersOf(project: string): Promise<readonly Inspected[]> {
  return inspect(...lines(await docker("ps", "-aq", "--filter", `label=com.docker.compose.project=${project}`)));
}

export async function volumesLike(text: string): Promise<readonly string[]> {
  return lines(await docker("volume", "ls", "-q", "--filter", `name=${text}`));
}

/** Every name on the engine that has a text in it: containers, volumes, networks, tags. Empty: nothing was left over. */
export async function leftovers(text: string): Promise<readonly string[]> {
  const all = await Promise.all([
    docker("ps", "-a", "--format", "{{.Names}}"),
    docker("volume", "ls", "-q"),
    docker("network", "ls", "--format", "{{.Name}}"),
    docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"),
  ]);
  return all.flatMap(lines).filter(name => name.includes(text));
}

export const imageId = async (tag: string): Promise<string> => docker("image", "inspect", "--format", "{{.Id}}", tag);

/** Looks again and again; what it saw last stands in the failure. */
export async function until<T>(look: () => Promise<T>, isRight: (seen: T) => boolean, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (isRight(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`never came true; last seen: ${JSON.stringify(seen)}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Looks in the background as often as it can, until it is stopped. */
export function watch(look: () => Promise<void>, everyMs = 50): { stop(): Promise<void> } {
  let stopped = false;
  const going = (async () => {
    while (!stopped) {
      await look();
      await new Promise(resolve => setTimeout(resolve, everyMs));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await going;
    },
  };
}

/** A release number that no other test has: default names must not meet. */
export const randomNumber = (): number => randomInt(10_000, 99_999_999);
/** A port that is most likely free. */
export const randomPort = (): number => randomInt(20_000, 32_000);
