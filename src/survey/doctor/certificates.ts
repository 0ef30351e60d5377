import { type Certificate, certificateIn, certificatesIn } from "../../domain/certificate.ts";
import type { World } from "../../host/world.ts";
import type { InstanceLook } from "./instances.ts";
import { attempt, orNull } from "./looked.ts";
import { certificateFiles } from "./permissions.ts";

export interface SeenCertificate extends Certificate {
  readonly instance: string;
  /** A path, or `port 443 (example.com)`. */
  readonly where: string;
  readonly isServed: boolean;
}

export interface CertificatesLook {
  readonly seen: readonly SeenCertificate[];
  /** Ports for https that gave no certificate. */
  readonly silent: readonly { readonly instance: string; readonly port: number; readonly host: string }[];
}

/** In files, and as it is served at the ports of those that run. */
export async function lookAtCertificates(world: World, instances: readonly InstanceLook[]): Promise<CertificatesLook> {
  const seen: SeenCertificate[] = [];
  const silent: { instance: string; port: number; host: string }[] = [];
  for (const look of instances) {
    const { record } = look;
    for (const path of await certificateFiles(world, record)) {
      const text = orNull(await attempt(() => world.files.read(path))) ?? "";
      // Whoever vouches must be valid as well, so the first that ends counts.
      const [first] = [...certificatesIn(text)].sort((a, b) => (a.until < b.until ? -1 : 1));
      if (first !== undefined) seen.push({ ...first, instance: record.name, where: path, isServed: false });
    }
    for (const { port, host, address } of asked(look)) {
      const raw = await world.surroundings.servedCertificate(port, host, address);
      const certificate = raw === null ? null : certificateIn(raw);
      if (certificate === null) silent.push({ instance: record.name, port, host });
      else seen.push({ ...certificate, instance: record.name, where: `port ${port} (${host})`, isServed: true });
    }
  }
  return { seen, silent };
}

const EVERYWHERE = ["0.0.0.0", "::", ""];

/** The port for https as it is published now, once for each host of the Caddyfile. */
function asked({ record, facts, files }: InstanceLook) {
  const https = record.product.ports.https;
  const ports = (orNull(facts)?.containers ?? [])
    .filter(({ service, state }) => service === https?.service && state === "running")
    .flatMap(({ ports: own }) => own.filter(({ container, protocol }) => container === https?.container && protocol === "tcp"));
  const [port] = ports;
  if (port === undefined) return [];
  const sites = (orNull(files)?.sites ?? []).filter(({ isTls, port: at }) => isTls && at === port.container);
  const hosts = sites.map(({ host }) => host).filter(host => host !== "" && !host.includes("*"));
  const address = EVERYWHERE.includes(port.address) ? "127.0.0.1" : port.address;
  // Nothing is said of https in a Caddyfile that has no site for it.
  return sites.length === 0
    ? []
    : [...new Set(hosts.length > 0 ? hosts : ["localhost"])].map(host => ({ port: port.host, host, address }));
}
