/** What an instance's own files must say so that it shares nothing with another: old name -> new name, and so on. Plain JSON, no secrets. */
export type Isolation = {
  /** Compose project; stands in `.env` as COMPOSE_PROJECT_NAME. */
  readonly project: string;
  /** Engine-wide volume names, by the name that they resolve to now. External volumes are not in here. */
  readonly volumes: { readonly [resolvedName: string]: string };
  readonly networks: { readonly [resolvedName: string]: string };
  /** `container_name`s; the old one stays reachable as a network alias. */
  readonly containers: { readonly [resolvedName: string]: string };
  /** Every published port that changes. */
  readonly ports: readonly PortSetting[];
  /** Image ids (`sha256:...`) by service. */
  readonly images: { readonly [service: string]: string };
  /** Folders outside of the instance that are mounted from elsewhere now. */
  readonly binds: BindMoves;
};

/** Absolute path on the host -> absolute path of what takes its place. */
export type BindMoves = { readonly [path: string]: string };

export type PortSetting = {
  readonly service: string;
  readonly container: number;
  readonly protocol: "tcp" | "udp";
  /** The host port that the service publishes it on from now on. */
  readonly host: number;
};

/** How people name it: `caddy:80`, `caddy:443/udp`. */
export const portPlace = ({ service, container, protocol }: Omit<PortSetting, "host">): string =>
  `${service}:${container}${protocol === "udp" ? "/udp" : ""}`;

/** One compose file of a project, with its text. */
export interface ComposeSource {
  /** Relative to the instance's folder. */
  readonly path: string;
  readonly text: string;
}
