import type { PortSetting } from "../domain/isolation.ts";
import type { Product } from "../domain/product.ts";
import type { PublishedPort } from "../domain/shared-resources.ts";

/** How a port is asked whether visitors are answered there. A type and not an interface, because plans hold plain JSON. */
export type Probe = {
  readonly port: number;
  readonly tls: boolean;
  readonly path: string;
  /** Where it is published on one address only. */
  readonly address?: string;
};

const EVERYWHERE = ["0.0.0.0", "::", ""];

export interface Probes {
  /** Where visitors come in; null for a product that has no such port. */
  readonly probe: Probe | null;
  /** Where they may come in as well: a Caddyfile may have nothing behind the first. */
  readonly otherProbe: Probe | null;
}

/**
 * Where visitors come in, by http and by https.
 * @param published as the compose file says it, with addresses
 */
export function probesOf(
  { ports: { http, https } }: Product,
  ports: readonly PortSetting[],
  published: readonly PublishedPort[],
): Probes {
  const at = (wanted: typeof http, tls: boolean): Probe | null => {
    const isIt = (port: { readonly service: string; readonly container: number }) =>
      port.service === wanted?.service && port.container === wanted.container;
    const port = ports.find(isIt)?.host;
    const address = published.find(isIt)?.address ?? "";
    if (port === undefined) return null;
    return { port, tls, path: "/", ...(EVERYWHERE.includes(address) ? {} : { address }) };
  };
  const [plain, secure] = [at(http, false), at(https, true)];
  return plain === null ? { probe: secure, otherProbe: null } : { probe: plain, otherProbe: secure };
}
