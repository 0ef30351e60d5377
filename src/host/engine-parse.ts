import type { ContainerDetail, ContainerState, ContainerSummary, ImageInfo } from "./world.ts";

/** Labels that are asked for with every container. */
export const ASKED_LABELS = [
  "com.docker.compose.project",
  "com.docker.compose.service",
  "com.docker.compose.project.working_dir",
  "com.docker.compose.oneoff",
  "graph-mgr.home",
  "graph-mgr.operation",
  "graph-mgr.helper",
] as const;

/** `docker ps --format` that prints one JSON array a container; values with commas or quotes stay whole. */
export const PS_FORMAT = `[${["ID", "Names", "State", "Status", "Ports"].map(name => `{{json .${name}}}`).join(",")},${ASKED_LABELS.map(
  label => `{{json (.Label "${label}")}}`,
).join(",")}]`;

export function parseContainerSummary(line: string): ContainerSummary {
  const [id = "", names = "", state = "", status = "", ports = "", ...values] = JSON.parse(line) as string[];
  const labels = Object.fromEntries(
    ASKED_LABELS.map((label, index) => [label, values[index] ?? ""]).filter(([, value]) => value !== ""),
  );
  return {
    id,
    name: names.split(",")[0] ?? "",
    project: labels["com.docker.compose.project"] ?? null,
    service: labels["com.docker.compose.service"] ?? null,
    workingDir: labels["com.docker.compose.project.working_dir"] ?? null,
    state: state as ContainerState,
    exitCode: /^Exited \((\d+)\)/.test(status) ? Number(/\((\d+)\)/.exec(status)?.[1]) : null,
    health: healthOf(status),
    ports: parsePublishedPorts(ports),
    labels,
  };
}

const healthOf = (status: string): ContainerSummary["health"] =>
  status.includes("(healthy)")
    ? "healthy"
    : status.includes("(unhealthy)")
      ? "unhealthy"
      : status.includes("(health: starting)")
        ? "starting"
        : "none";

/** `0.0.0.0:8080->80/tcp, :::8080->80/tcp, 443/tcp` without those that are not published; ranges are spread out. */
export function parsePublishedPorts(text: string): ContainerSummary["ports"] {
  return text.split(", ").flatMap(part => {
    const match = /^(.*):(\d+)(?:-(\d+))?->(\d+)(?:-\d+)?\/(\w+)$/.exec(part);
    if (!match) return [];
    const [, address = "", first = "", last = first, container = "", protocol = "tcp"] = match;
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, offset) => ({
      container: Number(container) + offset,
      protocol,
      host: Number(first) + offset,
      address,
    }));
  });
}

interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: ContainerState;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] | null;
    };
  };
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> | null };
  readonly HostConfig: {
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, unknown>> | null;
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>> | null;
  };
}

export function parseContainerDetails(json: string): readonly ContainerDetail[] {
  return (JSON.parse(json) as InspectedContainer[]).map(container => {
    const labels = container.Config.Labels ?? {};
    const { Name: policy, MaximumRetryCount: retries } = container.HostConfig.RestartPolicy;
    const health = container.State.Health;
    return {
      id: container.Id,
      name: container.Name.replace(/^\//, ""),
      project: labels["com.docker.compose.project"] ?? null,
      service: labels["com.docker.compose.service"] ?? null,
      workingDir: labels["com.docker.compose.project.working_dir"] ?? null,
      state: container.State.Status,
      health: health === undefined || health.Status === "none" ? "none" : (health.Status as ContainerSummary["health"]),
      ports: spreadBindings(container.NetworkSettings.Ports),
      labels,
      image: container.Image,
      imageName: container.Config.Image,
      exitCode: container.State.ExitCode,
      startedAt: container.State.StartedAt,
      finishedAt: container.State.FinishedAt,
      restartPolicy: policy === "on-failure" && retries > 0 ? `on-failure:${retries}` : policy === "" ? "no" : policy,
      restartCount: container.RestartCount,
      outOfMemory: container.State.OOMKilled,
      healthLog: (health?.Log ?? []).map(entry => entry.Output.trim()),
      mounts: container.Mounts.map(mount => ({
        type: mount.Type,
        name: mount.Name ?? null,
        source: mount.Source,
        target: mount.Destination,
        writable: mount.RW,
      })),
      boundPorts: spreadBindings(container.HostConfig.PortBindings),
      networks: Object.keys(container.NetworkSettings.Networks ?? {}),
    };
  });
}

function spreadBindings(bindings: InspectedContainer["HostConfig"]["PortBindings"]): ContainerSummary["ports"] {
  return Object.entries(bindings ?? {}).flatMap(([port, hosts]) => {
    const [container = "0", protocol = "tcp"] = port.split("/");
    return (hosts ?? [])
      .filter(({ HostPort }) => HostPort !== "")
      .map(({ HostIp, HostPort }) => ({ container: Number(container), protocol, host: Number(HostPort), address: HostIp }));
  });
}

interface InspectedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
  readonly Size: number;
}

export const parseImage = (json: string): ImageInfo | null => parseImages(json)[0] ?? null;

export const parseImages = (json: string): readonly ImageInfo[] =>
  (JSON.parse(json) as InspectedImage[]).map(image => ({
    id: image.Id,
    tags: image.RepoTags ?? [],
    layers: image.RootFS.Layers ?? [],
    sizeBytes: image.Size,
  }));
