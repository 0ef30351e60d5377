import { existsSync, promises as fs } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { nobodyToAsk } from "./cli/ask.ts";
import { inPlace } from "./cli/in-place.ts";
import type { GlobalFlags, Phase, Session } from "./cli/session.ts";
import { namingHome } from "./cli/typed-commands.ts";
import { findHome, Home } from "./domain/home.ts";
import { EXIT, OperatorError } from "./errors.ts";
import { type Command, enterContainer, showCommand } from "./host/command.ts";
import { createWorld, localExecutor } from "./host/create-world.ts";
import { editText } from "./host/edit-text.ts";
import { lazily } from "./host/lazily.ts";
import { acquireLock } from "./host/lock.ts";
import { makeFolders, nodeDisk } from "./host/node-disk.ts";
import { createOperationStore } from "./host/operation-store.ts";
import { watchPort } from "./host/port-watch.ts";
import { questionInput } from "./host/question-input.ts";
import type { Project } from "./host/world.ts";
import type { Lock } from "./plan/operations.ts";

interface Process {
  readonly flags: GlobalFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What starts graph-mgr. */
  readonly program: readonly string[];
  /** Where graph-mgr itself stands: `templates/` is below it. */
  readonly root: URL;
  readonly isTerminal: boolean;
  readonly canAsk: boolean;
  /** Whether standard input and standard output are terminals. */
  readonly isTerminalBothWays: () => boolean;
  readonly terminal: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };
  /** Of standard error, as it is now. */
  readonly columns: () => number;
  readonly rows: () => number;
  /** Of standard output; null when that is no terminal. */
  readonly printColumns: () => number | null;
  readonly signal: AbortSignal;
  /** Fires when the terminal is gone. */
  readonly lost: AbortSignal;
  readonly print: (text: string) => void;
  readonly write: (text: string) => void;
  readonly pid: number;
  /** Tells `main` the home that commands have to name which are shown to be typed. */
  readonly nameHome: (home: string) => void;
  /** Tells `main` what a signal means at the moment. */
  readonly phase: (now: Phase) => void;
}

const ENGINE_LOCK_WAIT_SECONDS = 900;

/** Wires the commands to this machine. */
export async function createSession(own: Process): Promise<Session> {
  const { flags, environment } = own;
  const hasOwn = async (folder: string) => (await nodeDisk.stat(join(folder, ".graph-mgr")))?.type === "folder";
  const homeBy = async (flag: string | undefined): Promise<Home> => {
    const { cwd } = own;
    const given = { flag, variable: environment["GRAPH_MGR_HOME"], cwd, userHome: environment["HOME"] ?? homedir() };
    const found = await findHome(given, hasOwn, path => resolve(cwd, path));
    return new Home(await realPath(found.path));
  };
  const home = await homeBy(flags.home);
  await refuseNoFolder(home.path);
  const isNamed = flags.home !== undefined && (await homeBy(undefined)).path !== home.path;
  if (isNamed) own.nameHome(home.path);
  const shown = (text: string): string => (isNamed && !flags.json ? namingHome(text, home.path) : text);
  const executor = localExecutor(environment);
  let operation: string | null = null;
  const line = inPlace(own.write);
  const canAsk = own.canAsk && flags.input && !flags.json;
  const editor = [environment["VISUAL"], environment["EDITOR"]].find(each => (each ?? "").trim() !== "");
  const holder = (command: string) => ({ pid: own.pid, command, since: new Date().toISOString() });
  const world = createWorld(executor, () => ({ home: home.path, operation }), own.root, environment);
  return {
    flags,
    home,
    cwd: own.cwd,
    program: own.program,
    version: async () =>
      (JSON.parse(await fs.readFile(new URL("package.json", own.root), "utf8")) as { version: string }).version,
    print: text => own.print(shown(text)),
    note: text => {
      if (!flags.quiet) line.note(shown(text));
    },
    noteInPlace: text => {
      if (!flags.quiet && own.isTerminal) line.show(text);
    },
    isTerminal: own.isTerminal,
    get columns() {
      return own.columns();
    },
    get rows() {
      return own.rows();
    },
    get printColumns() {
      return own.printColumns();
    },
    userHome: environment["HOME"] ?? homedir(),
    ask: canAsk
      ? (await import("./cli/terminal.ts")).terminalAsk({
          input: questionInput(own.terminal.input),
          output: own.terminal.output,
          lost: own.lost,
          isColored: flags.color,
          columns: own.columns,
        })
      : nobodyToAsk,
    signal: own.signal,
    world,
    workFor: id => {
      operation = id;
      if (id === null) own.phase("looking");
    },
    phase: own.phase,
    store: createOperationStore(nodeDisk, home.path),
    lockHome: command => lockHome(home, holder(command)),
    input: lazily(async () => (await import("./host/sent-ahead.ts")).inputStore(own.terminal.input)),
    watchPort: question => watchPort(question, world),
    lockEngine: async () => await acquireLock(await engineLockFolder(), null, ENGINE_LOCK_WAIT_SECONDS),
    describedProducts: async () => {
      const folder = new URL("templates/products/", own.root);
      const names = (await fs.readdir(folder)).filter(name => name.endsWith(".yml"));
      return Object.fromEntries(
        await Promise.all(names.map(async name => [name, await fs.readFile(new URL(name, folder), "utf8")] as const)),
      );
    },
    maintenanceTemplates: async () => {
      const read = (name: string) => fs.readFile(new URL(`templates/maintenance/${name}`, own.root), "utf8");
      return { caddyfile: await read("Caddyfile.template"), page: await read("index.html"), moved: await read("moved.html") };
    },
    attach: async (project, args) => {
      own.phase("attached");
      try {
        return await executor.attach(await composeOf(project, args));
      } finally {
        own.phase("looking");
      }
    },
    edit:
      editor === undefined
        ? null
        : async (name, text) => {
            own.phase("attached");
            try {
              return await editText(executor, editor, name, text);
            } finally {
              own.phase("looking");
            }
          },
    enter: async (...what) => {
      own.phase("attached");
      try {
        return await executor.attach(enterContainer(...what, own.isTerminalBothWays()));
      } finally {
        own.phase("looking");
      }
    },
    enterCommand: (...what) => showCommand(enterContainer(...what, own.isTerminalBothWays())),
    attachedCommand: async (project, args) => showCommand(await composeOf(project, args)),
  };
}

/** `docker compose ...` of an instance. */
async function composeOf(project: Project, args: readonly string[]): Promise<Command> {
  const { asItStands, composeCommand } = await import("./host/compose.ts");
  return composeCommand(await asItStands(project), ...args);
}

/** A folder that every user of the engine can lock and nobody has to write in. */
async function engineLockFolder(): Promise<string> {
  return (await nodeDisk.stat("/run/lock"))?.type === "folder" ? "/run/lock" : tmpdir();
}

/** A home whose lock leaves nothing behind where a command that was refused found nothing. */
async function lockHome(home: Home, holder: Readonly<Record<string, string | number>>): Promise<Lock> {
  const missing = [home.own(), home.path].filter(folder => !existsSync(folder));
  await makeFolders(home.own(), 0o700);
  const lock = await acquireLock(home.lock(), holder, 0);
  return {
    async release() {
      const isUnused = missing.length > 0 && (await fs.readdir(home.own())).every(name => name === "lock");
      if (isUnused) await fs.rm(home.lock());
      await lock.release();
      // A folder that somebody put something into meanwhile stays.
      if (isUnused) for (const folder of missing) await fs.rmdir(folder).catch(() => undefined);
    },
  };
}

/** What is there already, and is a file or a device, is no home. @throws OperatorError NO_FOLDER */
async function refuseNoFolder(home: string): Promise<void> {
  const there = await fs.stat(home).catch(() => null);
  if (there !== null && !there.isDirectory())
    throw new OperatorError("NO_FOLDER", `${home} is no folder, so it cannot be the home.`, {
      exit: EXIT.usage,
      hint: "give the folder that holds `releases` with --home (or in GRAPH_MGR_HOME)",
    });
}

/** Where a path really is: containers mount real paths, and a link that is switched later must not move what they see. */
async function realPath(path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await realPath(dirname(path)), basename(path));
  }
}
