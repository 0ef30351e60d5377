import { dirname, join } from "node:path";
import { Home } from "../../domain/home.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { layoutFor } from "../../domain/product.ts";
import type { Entry, World } from "../../host/world.ts";
import type { HomeLook } from "./home.ts";
import { attempt, orNull } from "./looked.ts";

/** What may be at a path, and what is. */
export interface OpenPath {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly type: Entry["type"];
  /** `own`: graph-mgr's, for its owner alone; `settings`: env files; `key`: a private key; `release`: a vendor's folder; `above`: leads to the home; `socket`: the engine's. */
  readonly what: "own" | "settings" | "key" | "release" | "above" | "socket";
}

export interface PermissionsLook {
  /** Of the home's folder. */
  readonly uid: number | null;
  readonly paths: readonly OpenPath[];
  /** There were more files than are looked at. */
  readonly isCut: boolean;
  readonly unreadable: readonly string[];
}

const MOST = 20_000;
const SOCKETS = ["/var/run/docker.sock", "/run/docker.sock"];

export async function lookAtPermissions(
  world: World,
  { path: homePath, isThere, records }: Pick<HomeLook, "path" | "isThere" | "records">,
): Promise<PermissionsLook> {
  const { surroundings, files } = world;
  const home = new Home(homePath);
  const paths: OpenPath[] = [];
  const unreadable: string[] = [];
  let seen = 0;
  const look = async (path: string, what: OpenPath["what"]): Promise<Entry | null> => {
    seen += 1;
    const entry = await attempt(() => surroundings.entry(path));
    if (!("value" in entry)) unreadable.push(path);
    const found = orNull(entry);
    if (found !== null && found.type !== "link") paths.push({ path, what, mode: found.mode, uid: found.uid, type: found.type });
    return found;
  };
  const below = async (folder: string, what: OpenPath["what"]): Promise<void> => {
    if (seen >= MOST || (await look(folder, what))?.type !== "folder") return;
    const names = await attempt(() => files.list(folder));
    if (!("value" in names)) unreadable.push(folder);
    // What an operation put aside has the modes that somebody gave it, behind our own folders.
    for (const name of (orNull(names) ?? []).filter(each => each !== "aside")) await below(join(folder, name), what);
  };
  // A folder that is no home is somebody else's, and who mistypes one may mean to mend it.
  const own = isThere ? await look(homePath, "own") : null;
  if (isThere) {
    await below(home.own(), "own");
    await below(home.backups(), "own");
    await look(home.releases(), "own");
  }
  for (const record of records) {
    await look(record.dir, "release");
    for (const file of new Set([".env", ...record.envFiles])) await look(join(record.dir, file), "settings");
    for (const path of await keysOf(world, record)) await look(path, "key");
  }
  for (let path = dirname(homePath); path !== dirname(path); path = dirname(path)) await look(path, "above");
  for (const socket of SOCKETS)
    if (orNull(await attempt(() => surroundings.entry(socket)))?.type === "other") await look(socket, "socket");
  return { uid: own?.uid ?? null, paths, isCut: seen >= MOST, unreadable };
}

const KEY = /(?:^|[._-])(?:key|privkey)(?:\.pem)?$|\.key$|^id_(?:rsa|ed25519|ecdsa)$/i;
const CERTIFICATE = /\.(?:pem|crt|cer)$/i;
/** Caddy renews these by itself; what it serves is looked at. */
const CADDYS_OWN = /\/(?:pki|certificates|acme|locks|ocsp)\//;

const keysOf = async (world: World, record: InstanceRecord) =>
  (await configurationFiles(world, record)).filter(path => KEY.test(path.slice(path.lastIndexOf("/") + 1)));

/** Files that may hold certificates: of the configuration, but for those that Caddy fetches itself. */
export const certificateFiles = async (world: World, record: InstanceRecord): Promise<readonly string[]> =>
  (await configurationFiles(world, record)).filter(path => CERTIFICATE.test(path) && !CADDYS_OWN.test(path));

const MOST_CONFIGURATION = 2000;
const DEEPEST = 8;

async function configurationFiles({ files }: World, { product, release, dir }: InstanceRecord): Promise<readonly string[]> {
  const layout = orNull(await attempt(async () => layoutFor(product, release)));
  const found: string[] = [];
  const walk = async (path: string, depth: number): Promise<void> => {
    if (found.length >= MOST_CONFIGURATION || depth > DEEPEST) return;
    if (orNull(await attempt(() => files.isFolder(path))) !== true) {
      if (orNull(await attempt(() => files.exists(path))) === true) found.push(path);
      return;
    }
    for (const name of orNull(await attempt(() => files.list(path))) ?? []) await walk(join(path, name), depth + 1);
  };
  for (const path of layout?.configuration ?? []) await walk(join(dir, path), 0);
  return found;
}
