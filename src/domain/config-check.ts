import { referencesIn, writtenEnvironment } from "./compose-environment.ts";
import type { ComposeModel } from "./compose-model.ts";
import type { ComposeSource } from "./isolation.ts";
import type { EnvEntries } from "./merge-keys.ts";
import { plainText } from "./shared-resources.ts";

/** A compose project as it is resolved, and what it is made of. */
export interface Resolved {
  readonly model: ComposeModel;
  /** The folder that it was resolved in. */
  readonly dir: string;
  /** What Compose reads from the env files together, for interpolation. */
  readonly values: Readonly<Record<string, string | null>>;
}

export interface CheckInput {
  readonly before: Resolved;
  readonly after: Resolved;
  /** What was meant: by key its new value, null for one that is taken out. */
  readonly meant: Readonly<Record<string, string | null>>;
  /** Of these the keys that stand in a file that Compose reads for all services, and so among `values`. */
  readonly read: readonly string[];
  readonly sources: readonly ComposeSource[];
  /** Every env file as it shall be. */
  readonly env: readonly EnvEntries[];
}

export interface CheckResult {
  /** What the change comes to besides what was meant. Empty when it is exact. Paths, never values. */
  readonly differences: readonly string[];
  /** Services that would get something else all the same. */
  readonly overruled: readonly { readonly service: string; readonly key: string }[];
  /** Names, ports and images that would change with it. */
  readonly managed: readonly string[];
  /** Settings that repeat a changed one, and follow it. */
  readonly follows: readonly string[];
  /** Services that get one of the keys, or something that follows it. */
  readonly services: readonly string[];
}

/** What is graph-mgr's own in a model: an instance's names, ports and images. */
const MANAGED = /^(?:name$|(?:volumes|networks)\.|services\.[^.]+\.(?:image|container_name|ports|networks)(?:\.|$))/;

/** Whether a changed setting comes to what was meant, and to nothing else. */
export function checkChange({ before, after, meant, read, sources, env }: CheckInput): CheckResult {
  const closure = closureOf(Object.keys(meant), env);
  const differences = Object.keys({ ...before.values, ...after.values })
    .filter(key => !closure.has(key) && (before.values[key] ?? null) !== (after.values[key] ?? null))
    .map(key => `the value of ${key}`);
  const isPutIn = sources.some(({ text }) => referencesIn(text).some(name => closure.has(name)));
  const managed: string[] = [];
  const follows = new Set<string>();
  const services = new Set<string>();
  const written = (service: string, key: string): readonly string[] =>
    sources.flatMap(source => {
      const value = writtenEnvironment(source, service).get(key);
      return value === undefined ? [] : value === null ? [key] : referencesIn(value);
    });
  for (const path of changedPlaces(bare(before), bare(after))) {
    const [section, service = "", field, key = ""] = path;
    const name = path.join(".");
    if (MANAGED.test(name)) {
      managed.push(name);
      continue;
    }
    if (section === "services") services.add(service);
    const isEnvironment = section === "services" && field === "environment" && path.length === 4;
    const isMeant = isEnvironment ? closure.has(key) || written(service, key).some(each => closure.has(each)) : isPutIn;
    if (!isMeant) differences.push(name);
    else if (!(isEnvironment && key in meant)) follows.add(isEnvironment ? key : name);
  }
  const overruled = Object.entries(after.model.services).flatMap(([service, { environment = {} }]) =>
    Object.entries(meant).flatMap(([key, value]) => {
      if (value === null || !(key in environment) || plainText(environment[key] ?? "") === value) return [];
      return written(service, key).some(each => closure.has(each)) ? [] : [{ service, key }];
    }),
  );
  for (const [key, value] of Object.entries(meant))
    if (value !== null && read.includes(key) && after.values[key] !== value)
      differences.push(`the value of ${key}, which Compose reads as another one`);
  return { differences, overruled, managed, follows: [...follows].sort(), services: [...services].sort() };
}

/** Services of both whose settings differ: what Compose makes a new container for. */
export function changedServices(before: Resolved, after: Resolved): readonly string[] {
  const [was, is] = [bare(before), bare(after)] as [ComposeModel, ComposeModel];
  return Object.keys(is.services).filter(
    name => was.services[name] !== undefined && JSON.stringify(was.services[name]) !== JSON.stringify(is.services[name]),
  );
}

/** The keys, and those whose values repeat one of them (`postgres://${USER}@...`). */
function closureOf(keys: readonly string[], files: readonly EnvEntries[]): ReadonlySet<string> {
  const closure = new Set(keys);
  for (let size = -1; size !== closure.size; ) {
    size = closure.size;
    for (const file of files) {
      for (const [key, { raw, literal }] of file) {
        if (raw !== null && literal === null && referencesIn(raw).some(name => closure.has(name))) closure.add(key);
      }
    }
  }
  return closure;
}

/** The model without the place that it was resolved in. */
const bare = ({ model, dir }: Resolved): unknown => JSON.parse(JSON.stringify(model).replaceAll(dir, "."));

/** Where two plain values differ, down to what has no parts. */
function changedPlaces(was: unknown, is: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (isPlain(was) && isPlain(is))
    return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap(key =>
      changedPlaces(was[key], is[key], [...path, key]),
    );
  // A service that had no environment at all gets one.
  const [some, other] = isPlain(was) ? [was, is] : [is, was];
  if (isPlain(some) && (other === undefined || other === null) && path.at(-1) === "environment")
    return Object.keys(some).map(key => [...path, key]);
  return JSON.stringify(was) === JSON.stringify(is) ? [] : [path];
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
