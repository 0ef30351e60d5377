/** What `docker compose config --format json` prints: the truth about compose files, after anchors, merges, includes and variables. */
export interface ComposeModel {
  readonly name: string;
  readonly services: Readonly<Record<string, ServiceModel>>;
  readonly volumes?: Readonly<Record<string, VolumeModel>>;
  readonly networks?: Readonly<Record<string, NetworkModel>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
  readonly configs?: Readonly<Record<string, unknown>>;
}

export interface ServiceModel {
  readonly image?: string;
  readonly build?: unknown;
  readonly container_name?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly PortModel[];
  readonly volumes?: readonly MountModel[];
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] } | null>>;
  readonly network_mode?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly volumes_from?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[]; readonly start_period?: string };
  readonly restart?: string;
  readonly devices?: readonly unknown[];
  readonly runtime?: string;
  readonly gpus?: unknown;
  readonly deploy?: {
    readonly replicas?: number;
    readonly restart_policy?: unknown;
    readonly resources?: {
      readonly reservations?: { readonly devices?: readonly { readonly capabilities?: readonly string[] }[] };
    };
  };
  readonly scale?: number;
}

export interface PortModel {
  readonly target: number;
  /** Host port as text; absent when the engine chooses. May be a range. */
  readonly published?: string;
  readonly protocol?: string;
  readonly host_ip?: string;
  readonly mode?: string;
}

export interface MountModel {
  readonly type: "volume" | "bind" | "tmpfs" | "npipe" | "cluster" | "image";
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
}

export interface VolumeModel {
  readonly name: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface NetworkModel {
  readonly name: string;
  readonly external?: boolean;
  readonly driver?: string;
  /** Nothing leads out of it. */
  readonly internal?: boolean;
  readonly ipam?: { readonly config?: readonly { readonly subnet?: string }[] };
}

/** Of the services that are active, those that get at least one container. */
export const startedServices = ({ services }: ComposeModel, active: readonly string[]): readonly string[] =>
  active.filter(name => (services[name]?.scale ?? services[name]?.deploy?.replicas ?? 1) > 0);
