import { suggest } from "./suggest.ts";
import { COMMANDS } from "./surface/index.ts";

/** What Compose, systemd and package managers call it. Without these `move` is near `remove`, and `start` near `restart`. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  launch: ["start", "up", "run"],
  stop: ["down", "halt", "kill", "shutdown"],
  restart: ["reload", "reboot", "recreate"],
  remove: ["uninstall", "delete", "del", "rm", "purge", "erase", "destroy"],
  copy: ["cp", "clone", "duplicate", "fork"],
  migrate: ["move", "mv", "transfer", "relocate"],
  update: ["upgrade"],
  rollback: ["downgrade", "back", "switch"],
  list: ["ps", "instances"],
  status: ["info", "health", "state", "inspect"],
  doctor: ["check", "validate", "diagnose", "lint"],
  prune: ["clean", "cleanup", "gc"],
  versions: ["bundles", "releases", "bundle"],
  volumes: ["volume"],
  operations: ["history", "journal"],
  resume: ["continue"],
  undo: ["abort", "cancel"],
  "backup list": ["backups"],
  "backup create": ["save", "snapshot"],
  "config show": ["env", "settings", "configuration", "get"],
  "postgres shell": ["psql", "database", "db"],
  "compose INSTANCE -- exec SERVICE sh": ["exec", "enter", "attach", "bash", "sh"],
  "compose INSTANCE -- ps": ["services", "containers"],
  "list   (also tells the ports)": ["ports"],
  "export --to FILE   (and graph-mgr import FILE)": ["images", "image", "load", "pull"],
};

/** What somebody may have meant who typed what is no command: a sentence, and what to type. */
export function meantCommand(typed: string): { readonly isAction: boolean; readonly hint: string } {
  const [action, ...others] = COMMANDS.filter(
    ({ positionals: [first] }) => first?.name === "action" && first.choices?.includes(typed),
  ).map(each => `graph-mgr ${each.name} ${typed}`);
  if (action !== undefined)
    return { isAction: true, hint: `${action}${others.length === 0 ? "" : `   (or ${others.join(", ")})`}` };
  const other = Object.entries(OTHER_WORDS).find(([, words]) => words.includes(typed.toLowerCase()))?.[0];
  const meant =
    other ??
    suggest(
      typed,
      COMMANDS.flatMap(each => [each.name, ...(each.aliases ?? [])]),
    );
  if (meant === null) return { isAction: false, hint: "graph-mgr --help" };
  return { isAction: false, hint: `graph-mgr ${meant}${meant.includes("   (") ? "" : "   (did you mean that?)"}` };
}
