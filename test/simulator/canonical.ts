import { clusterVolume } from "./containers.ts";
import { isAnonymous } from "./sim-engine.ts";
import { type Inode, ROOT, type SimContainer, type SimNetwork, type SimState, type SimVolume } from "./state.ts";

/** Folders that a home has sooner or later; empty ones are no trace of anything. */
const HOME_FOLDERS = ["releases", ".graph-mgr", ".graph-mgr/instances", ".graph-mgr/pristine", ".graph-mgr/removed"];

interface What {
  readonly home: string;
  /** After a power cut a cluster that ran was not shut down, and no undo can help that. */
  readonly forgetClusterState: boolean;
  /** Volumes whose content does not matter. */
  readonly fills: readonly string[];
  /** Projects whose containers and networks do not matter. */
  readonly remakes: readonly string[];
}

/**
 * A state as text, for comparison: without what differs from run to run (ids, times, generated values, which are
 * numbered in order of appearance) and without the operations' own folder.
 */
export function canonical(state: SimState, what: What): string {
  const counts = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
    !what.remakes.includes(labels["com.docker.compose.project"] ?? "");
  const { forgetClusterState, fills } = what;
  const lines = [
    ...files(state, what.home),
    ...byName([...state.volumes.values()].filter(({ name }) => !isAnonymous(name))).map(volume =>
      fills.includes(volume.name) || (forgetClusterState && volume.content.control !== undefined)
        ? volumeText({ ...volume, content: fills.includes(volume.name) ? {} : { ...volume.content, control: "" } })
        : textOf(volume, volumeText),
    ),
    `anonymous volumes: ${[...state.volumes.keys()].filter(isAnonymous).length}`,
    ...[...state.images.keys()].filter(id => !isDangling(state, id)).sort(),
    ...[...state.tags].map(([tag, id]) => `tag ${tag}: ${id}`).sort(),
    // A page that names another machine is a courtesy, which is done without where it does not come up.
    ...byName([...state.containers.values()].filter(counts).filter(each => !isCourtesy(state, each))).map(each =>
      textOf(each, containerText),
    ),
    ...byName([...state.networks.values()].filter(counts)).map(each => textOf(each, networkText)),
    `timers: ${[...state.timers].sort().join(", ")}`,
  ];
  // What was sent and is not launched may lie there for ever: an undo must not wait for a machine that is not reached.
  if (state.far.stage === "serving") lines.push("the other machine serves");
  const numbers = new Map<string, number>();
  return lines.join("\n").replaceAll(/\b(rnd|system-)\d+x?\b/g, (token, kind: string) => {
    const number = numbers.get(token) ?? numbers.size;
    numbers.set(token, number);
    return `${kind}#${number}`;
  });
}

/** Texts of values, which never change: most are the same in thousands of states. */
const texts = new WeakMap<object, string>();
function textOf<T extends object>(value: T, write: (value: T) => string): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = write(value);
  texts.set(value, text);
  return text;
}

const sorted = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
const byName = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
  [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
const pretty = (kind: string, value: object): string => `${kind} ${JSON.stringify(value, null, 1)}`;

const volumeText = (volume: SimVolume): string =>
  pretty("volume", { ...volume, labels: sorted(volume.labels), content: sorted(volume.content) });

const networkText = ({ name, labels }: SimNetwork): string => pretty("network", { name, labels: sorted(labels) });

function containerText(container: SimContainer): string {
  const { name, image, imageName, labels, environment, state, policy, mounts, ports, networks } = container;
  const { "com.docker.compose.config-hash": _, ...kept } = labels;
  return pretty("container", {
    name,
    image,
    imageName,
    labels: sorted(kept),
    environment: sorted(environment),
    isUp: state === "running",
    policy,
    mounts: mounts.map(mount => (isAnonymous(mount.name) ? { ...mount, name: "", source: "" } : mount)),
    ports,
    networks,
  });
}

const inodeText = (node: Inode): string => {
  const { type, mode, uid, gid } = node;
  const content = node.type === "file" ? node.bytes.toString("utf8") : node.type === "link" ? node.target : "";
  // When a backup was found whole.
  const timeless = content.replaceAll(/"(verified|drilled)": \{\n {2}"at": "[^"]*"/g, "");
  return JSON.stringify({ type, mode: mode.toString(8), uid, gid, content: timeless });
};

function files(state: SimState, home: string): readonly string[] {
  const found: string[] = [];
  const ignored = new Set(HOME_FOLDERS.map(folder => `${home}/${folder}`));
  const visit = (path: string, number: number): void => {
    const node = state.inodes.get(number) as Inode;
    // What is remembered may be removed at any time, and is made anew.
    if (path === `${home}/.graph-mgr/operations` || path === `${home}/.graph-mgr/cache`) return;
    const isBase = node.type === "folder" && (path === "" || path === home || ignored.has(path));
    if (!isBase) found.push(`${path} ${textOf(node, inodeText)}`);
    if (node.type !== "folder") return;
    for (const [name, child] of [...node.entries].sort(([a], [b]) => (a < b ? -1 : 1))) visit(`${path}/${name}`, child);
  };
  visit("", ROOT);
  return found;
}

/** The first lines in which two canonical texts differ. */
export function difference(actual: string, expected: string): string {
  const [a, b] = [actual.split("\n"), expected.split("\n")];
  const onlyIn = (one: readonly string[], other: readonly string[]) => {
    const there = new Set(other);
    return one.filter(line => !there.has(line)).slice(0, 12);
  };
  return `found but not expected:\n${onlyIn(a, b).join("\n")}\nexpected but not found:\n${onlyIn(b, a).join("\n")}`;
}

/**
 * With containerd an image that lost its name to another cannot be found by its configuration, so an undo that is cut off
 * right after it gave the name back leaves the other one dangling, as any load does.
 */
const isCourtesy = ({ far }: SimState, { name }: SimContainer): boolean =>
  far.stage === "serving" && name.endsWith("-maintenance");

const isDangling = ({ imageStore, tags }: SimState, id: string): boolean =>
  imageStore === "containerd" && ![...tags.values()].includes(id);

/** What must never be so, at any moment; null when all is well. */
export function violation(state: SimState): string | null {
  const servers = new Map<string, string>();
  for (const each of state.containers.values()) {
    const volume = each.state === "running" ? clusterVolume(state, each) : null;
    if (volume === null) continue;
    const other = servers.get(volume.name);
    if (other !== undefined) return `two Postgres on ${volume.name}: ${other} and ${each.name}`;
    servers.set(volume.name, each.name);
  }
  for (const each of state.containers.values()) {
    if (each.labels["graph-mgr.helper"] === undefined) continue;
    for (const { name, writable } of each.mounts)
      if (writable && name !== null && servers.has(name))
        return `${each.name} writes to ${name}, which ${servers.get(name)} serves from`;
  }
  return null;
}
