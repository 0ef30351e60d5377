import { posix } from "node:path";
import { type CaddySite, caddySites } from "./caddyfile.ts";
import type { ComposeModel, MountModel } from "./compose-model.ts";
import { plainBlock, siteOptions, tlsBlocks } from "./maintenance-sites.ts";
import type { Product } from "./product.ts";
import { type PublishedPort, plainText, publishedPorts } from "./shared-resources.ts";

/** Where Caddy's images look for their configuration. */
const CADDYFILE = "/etc/caddy/Caddyfile";
const RETRY_AFTER_SECONDS = 30;
const HTTPS_PORTS = [443, 8443];
/** Nothing that the page needs, and much that it should not have. */
const NOT_FILES = /^\/(?:dev|proc|sys)(?:\/|$)|\.sock$/;

/** Texts of templates/maintenance. */
export interface MaintenanceTemplates {
  readonly caddyfile: string;
  readonly page: string;
}

/** A port of the host on which the page answers; `container` is the same as that of the front. */
export type PagePort = {
  readonly host: number;
  readonly container: number;
  /** Of the host; `0.0.0.0` for all. */
  readonly address: string;
  readonly tls: boolean;
};

/** Read-only: what the front keeps its certificates in. */
export type PageMount = { readonly type: "bind" | "volume"; readonly source: string; readonly target: string };

/** What the page of an instance is made of, and where it stands in for it. */
export type PageInput = {
  readonly instance: string;
  /** The instance's Compose project, which the container is named after. */
  readonly project: string;
  readonly image: string;
  /** In the operation's folder; what the page is made of goes there. */
  readonly folder: string;
  readonly caddyfile: string;
  readonly ports: readonly PagePort[];
  readonly mounts: readonly PageMount[];
  /** Whether it is gone on without a page that does not come up. */
  readonly isOptional?: boolean;
};

export interface MaintenancePage {
  /** The service whose image serves it. */
  readonly service: string;
  /** The page's own Caddyfile, with the page in it. No secrets: it names the files of certificates. */
  readonly caddyfile: string;
  readonly ports: readonly PagePort[];
  readonly mounts: readonly PageMount[];
  /** For the plan. */
  readonly notes: readonly string[];
}

/** The container's name. It belongs to no Compose project: no `up` and no `down` of the instance may touch it. */
export const maintenanceName = (slug: string): string => `graph-mgr-${slug}-maintenance`;

/** The file on the host that the front reads as its Caddyfile; null where it is in the image. */
export function caddyfilePath({ maintenance }: Product, model: ComposeModel): string | null {
  const mounts = model.services[maintenance?.service ?? ""]?.volumes ?? [];
  const mount = mounts.findLast(each => isConfiguration(each) && each.type === "bind");
  if (mount?.source === undefined) return null;
  return posix.join(plainText(mount.source), posix.relative(mount.target, CADDYFILE));
}

const isConfiguration = ({ target }: MountModel): boolean => target === CADDYFILE || target === posix.dirname(CADDYFILE);

/**
 * The page that stands in for an instance while it is down: every path answers 503, on the ports of its front and, where the
 * front's Caddyfile names certificates, with them.
 * @param caddyfile the front's own; null where it cannot be read
 * @returns null where the product has no maintenance service, or that publishes no port
 */
export function maintenancePage(
  given: {
    readonly instance: string;
    readonly product: Product;
    readonly model: ComposeModel;
    readonly caddyfile: string | null;
  },
  templates: MaintenanceTemplates,
): MaintenancePage | null {
  const { instance, product, model } = given;
  const front = model.services[product.maintenance?.service ?? ""];
  if (!product.maintenance || !front) return null;
  const sites = given.caddyfile === null ? null : caddySites(given.caddyfile, environmentOf(front));
  const all = frontPorts(product, model).map(port => ({ ...port, tls: isTls(port.container, sites, product) }));
  // Without its Caddyfile nobody knows the certificates, and the front's https may not even be at that port.
  const ports = all.filter(({ tls }) => sites !== null || !tls);
  if (ports.length === 0) return null;
  const blocks = [...new Set(ports.map(({ container }) => container))].map(container => {
    const here = (sites ?? []).filter(({ port }) => port === container);
    return ports.some(port => port.container === container && port.tls) ? tlsBlocks(container, here) : plainBlock(container);
  });
  const values = { instance, retryAfterSeconds: String(RETRY_AFTER_SECONDS) };
  return {
    service: product.maintenance.service,
    caddyfile: filled(templates.caddyfile, {
      ...values,
      page: filled(templates.page, values).trim(),
      options: siteOptions(blocks),
      sites: blocks.map(({ text }) => text).join(""),
    }),
    ports: ports.map(({ host, container, address, tls }) => ({ host, container, address, tls })),
    mounts: (sites ?? []).some(({ certificate }) => certificate) ? certificateMounts(front.volumes ?? [], model) : [],
    notes: [
      ...(sites === null ? [notRead(instance, all)] : []),
      ...blocks.flatMap(({ note }) => (note === null ? [] : [`The maintenance page of ${instance} ${note}.`])),
    ],
  };
}

const notRead = (instance: string, all: readonly PagePort[]): string => {
  const closed = all.filter(({ tls }) => tls).map(({ host }) => host);
  const rest = closed.length > 0 ? `; nobody answers on https (${closed.join(", ")}) meanwhile` : "";
  return `The Caddyfile of ${instance} could not be understood, so its maintenance page is on http only${rest}.`;
};

const environmentOf = ({ environment = {} }: ComposeModel["services"][string]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, plainText(value ?? "")]));

/** TCP ports of the front, and the product's http and https wherever they are. */
function frontPorts({ maintenance, ports }: Product, model: ComposeModel) {
  const isOne = ({ service, container }: PublishedPort) =>
    service === maintenance?.service ||
    [ports.http, ports.https].some(port => port?.service === service && port.container === container);
  return publishedPorts(model).flatMap(port =>
    port.host !== null && port.protocol === "tcp" && isOne(port) ? [{ ...port, host: port.host }] : [],
  );
}

function isTls(container: number, sites: readonly CaddySite[] | null, { ports }: Product): boolean {
  const here = (sites ?? []).filter(({ port }) => port === container);
  return here.length > 0 ? here.some(site => site.isTls) : [...HTTPS_PORTS, ports.https?.container].includes(container);
}

/** All that the front mounts, because certificates are often links from one mount into another. */
function certificateMounts(mounts: readonly MountModel[], model: ComposeModel): readonly PageMount[] {
  return mounts.flatMap((mount): PageMount[] => {
    const { type, source = "", target } = mount;
    if ((type !== "bind" && type !== "volume") || source === "" || isConfiguration(mount)) return [];
    const path = plainText(type === "volume" ? (model.volumes?.[source]?.name ?? source) : source);
    return NOT_FILES.test(path) ? [] : [{ type, source: path, target: plainText(target) }];
  });
}

/** A template that asks for what there is not is a bug of ours. */
function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`a template asks for {{${name}}}, which nobody knows`);
    return value;
  });
}
