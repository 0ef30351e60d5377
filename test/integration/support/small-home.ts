import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { decodeEntries } from "../../../src/plan/journal.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { docker, type Result, TestHome } from "./cli.ts";
import { containersOf, leftovers, until } from "./engine.ts";

/** The releases that tests update from and to. */
export const [OLD, NEW] = ["v1.0.0", "v1.1.0"] as const;
/** An update waits for every other one on the engine before it begins. */
const WAIT_MS = 400_000;
/** What is in the database before an update. */
export const NOTES = ["first", "second"] as const;

interface Listed {
  readonly current: string | null;
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly health: string;
    readonly ports: readonly { readonly host: number }[];
  }[];
}

/** The small product's old release in a home of its own, with some notes in it. */
export class SmallHome {
  readonly home: TestHome;
  readonly port: number;
  private constructor(home: TestHome, port: number) {
    this.home = home;
    this.port = port;
  }

  static async make(bundle: string, given?: TestHome): Promise<SmallHome> {
    const home = given ?? (await TestHome.make());
    await home.ok("install", bundle, "--name", home.suffix, "--yes");
    const { instances } = await home.json<Listed>("list");
    const made = new SmallHome(home, instances[0]!.ports[0]!.host);
    for (const note of NOTES) await made.write(note);
    return made;
  }

  name = (release: string): string => `${release}-${this.home.suffix}`;
  slug = (release: string): string => this.name(release).replaceAll(/[^a-z0-9]/g, "_");
  dir = (release: string): string => join(this.home.path, "releases", this.name(release));
  container = (release: string, service: string): string => `${this.slug(release)}-${service}-1`;
  listed = (): Promise<Listed> => this.home.json<Listed>("list");

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
        signal: AbortSignal.timeout(5000),
        headers: { connection: "close" },
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return { status: 0, text: "" };
    }
  }

  /** Waits for the release to answer, and says what is in it. */
  async notes(release: string): Promise<readonly string[]> {
    await until(
      () => this.get("/"),
      seen => seen.status === 200 && seen.text === release,
      60_000,
    );
    return JSON.parse((await this.get("/notes")).text) as string[];
  }

  async write(note: string): Promise<void> {
    await until(
      async () => (await fetch(`http://127.0.0.1:${this.port}/notes`, { method: "POST", body: note }).catch(() => null))?.status,
      status => status === 200,
      60_000,
    );
  }

  /** By the socket, which is trusted. */
  sql = (release: string, text: string): Promise<string> =>
    docker("exec", this.container(release, "postgres"), "psql", "-XqAt", "-U", "small", "-d", "small", "-c", text);

  /** Until somebody is at a statement with this text. */
  async seen(release: string, text: string): Promise<void> {
    const query = `select count(*) from pg_stat_activity where state = 'active' and query like '%${text}%' and pid <> pg_backend_pid()`;
    await until(
      () => this.sql(release, query).catch(() => ""),
      count => count === "1",
      WAIT_MS,
    );
  }

  /** Ends whoever is at a statement with this text. */
  end = (release: string, text: string): Promise<string> =>
    this.sql(
      release,
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%${text}%' and pid <> pg_backend_pid()`,
    );

  /** A session of somebody else's, from outside of graph-mgr. */
  session = (release: string, text: string) =>
    execa("docker", ["exec", this.container(release, "postgres"), "psql", "-XqAt", "-U", "small", "-d", "small", "-c", text], {
      reject: false,
    });

  /** A table that takes a while to dump and to restore. */
  fill = (release: string, rows: number): Promise<string> =>
    this.sql(
      release,
      `create table ballast as select n, md5(n::text) || md5((n + 1)::text) as text from generate_series(1, ${rows}) n; create index on ballast (text);`,
    );

  /** The kind of step that an unfinished operation is at; null when none is. */
  async doing(): Promise<string | null> {
    const folder = join(this.home.path, ".graph-mgr/operations");
    for (const id of (await readdir(folder).catch(() => [])).sort().reverse()) {
      const read = (name: string) => readFile(join(folder, id, name), "utf8").catch(() => "");
      const [plan, journal] = [await read("plan.json"), await read("journal.jsonl")];
      if (plan === "" || journal === "") continue;
      const { entries } = decodeEntries(journal);
      const last = entries.at(-1);
      return last?.type === "doing" ? ((JSON.parse(plan) as Plan).steps[last.step]?.kind ?? null) : null;
    }
    return null;
  }

  /** Waits for an operation to be at a step of this kind. */
  async until(kind: string): Promise<void> {
    await until(
      () => this.doing(),
      seen => seen === kind,
      WAIT_MS,
    );
  }

  /** The kill hook's word for the moment after step `nth` of a kind was announced, or was done. */
  async pointOf(args: readonly string[], kind: string, nth: number, when: "doing" | "done"): Promise<string> {
    const { plan } = await this.home.json<{ plan: Plan }>(...args, "--dry-run");
    const step = plan.steps.map((each, index) => ({ ...each, index })).filter(each => each.kind === kind)[nth];
    if (step === undefined) throw new Error(`no ${kind} in ${plan.steps.map(each => each.kind).join(", ")}`);
    return `journal:${(when === "doing" ? 2 : 3) + 2 * step.index}:after`;
  }

  /** When the old release's containers were started: the same as long as nobody stopped them. */
  startedAt = async (): Promise<readonly (readonly string[])[]> =>
    (await containersOf(this.slug(OLD))).map(({ Name, State }) => [Name, State.StartedAt]).sort();

  /** The old release serves with all of its data, and of the new one nothing is left. */
  async oldServes(notes: readonly string[] = NOTES): Promise<void> {
    expect(await this.notes(OLD)).toEqual(notes);
    const { current, instances } = await this.listed();
    expect(instances.map(({ name, state }) => [name, state])).toEqual([[this.name(OLD), "running"]]);
    expect(current).toBe(this.name(OLD));
    expect((await leftovers(this.slug(NEW))).filter(name => !name.startsWith("graph-mgr/"))).toEqual([]);
    expect(await leftovers(`${this.slug(OLD)}-maintenance`)).toEqual([]);
  }

  remove = (): Promise<void> => this.home.remove();
}

/** What was said, for the failure's text. */
export const said = ({ code, stdout, stderr }: Result): string => `exit ${code}\n${stdout}\n${stderr}`;
