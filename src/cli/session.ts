import type { Home } from "../domain/home.ts";
import type { MaintenanceTemplates } from "../domain/maintenance.ts";
import type { InputStore, PortQuestion, PortWatch, World } from "../host/world.ts";
import type { Lock, OperationStore } from "../plan/operations.ts";
import type { Ask } from "./ask.ts";

/** The flags that every command has. */
export interface GlobalFlags {
  readonly home: string | undefined;
  readonly json: boolean;
  readonly yes: boolean;
  readonly input: boolean;
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/**
 * What Ctrl-C means: while `looking` the command ends at once; an operation ends after its step; going back goes on;
 * a program that has the terminal decides for itself; `watching` just ends.
 */
export type Phase = "looking" | "operating" | "undoing" | "attached" | "watching";

/** What `main` hands to every command: the process, the host and the operator, behind interfaces. Tests hand over others. */
export interface Session {
  readonly flags: GlobalFlags;
  readonly home: Home;
  /** Absolute. */
  readonly cwd: string;
  /** What starts graph-mgr, for those who shall start it later: absolute paths. */
  readonly program: readonly string[];
  /** Of graph-mgr. */
  readonly version: () => Promise<string>;
  /** For results: the one document on standard output with `--json`, else text for people. */
  readonly print: (text: string) => void;
  /** For progress, questions, notices: standard error. */
  readonly note: (text: string) => void;
  /** Replaces the line that was noted last, where standard error is a terminal. */
  readonly noteInPlace: (text: string) => void;
  /** Standard error is a terminal on which a line can be written over. */
  readonly isTerminal: boolean;
  /** Of standard error. */
  readonly columns: number;
  /** Of standard error. */
  readonly rows: number;
  /** Of standard output; null when that is no terminal, and nothing is to be wrapped. */
  readonly printColumns: number | null;
  /** Absolute; what `~` means in a path that is typed at a question. */
  readonly userHome: string;
  readonly ask: Ask;
  /** Fires when the operator wants to stop: Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly phase: (now: Phase) => void;
  readonly world: World;
  /** Tells helper containers whose work they do. */
  readonly workFor: (operation: string | null) => void;
  readonly store: OperationStore;
  readonly lockHome: (command: string) => Promise<Lock>;
  readonly lockEngine: (engine: string, command: string) => Promise<Lock>;
  /** Descriptions of products that graph-mgr ships, as texts by file name. */
  readonly describedProducts: () => Promise<Readonly<Record<string, string>>>;
  readonly input: InputStore;
  /** Asks a port as its visitors would, until it is stopped. */
  readonly watchPort: (question: PortQuestion) => PortWatch;
  /** What the maintenance page is made of, and the page of what has moved to another machine. */
  readonly maintenanceTemplates: () => Promise<MaintenanceTemplates & { readonly moved: string }>;
  /** Runs `docker compose ...` of an instance with the operator's own terminal. */
  readonly attach: (project: AttachedProject, args: readonly string[]) => Promise<number>;
  /** What `attach` would run, as one could paste it. */
  readonly attachedCommand: (project: AttachedProject, args: readonly string[]) => Promise<string>;
  /**
   * Lets the operator edit a text, with the editor that the environment names; null where it names none.
   * @returns null when the editor was left with an error
   */
  readonly edit: ((name: string, text: string) => Promise<string | null>) | null;
  /** Runs a program in a running container, with the operator's own terminal. The environment may hold secrets: no argument list shows them. */
  readonly enter: (container: string, words: readonly string[], environment: Readonly<Record<string, string>>) => Promise<number>;
  /** What `enter` would run, without the values. */
  readonly enterCommand: (container: string, words: readonly string[], environment: Readonly<Record<string, string>>) => string;
}

interface AttachedProject {
  readonly name: string;
  readonly dir: string;
  readonly envFiles: readonly string[];
}
