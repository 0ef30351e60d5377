import { EXIT, OperatorError } from "../../errors.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../session.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

const KEYS = ["identity", "passphrase-file"] as const;

/** Which options belong to which action, besides the global ones. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ["to", "encrypt", "passphrase-file", "with-images", "compress", "stop-source", "on-failure"],
  list: ["to", ...KEYS],
  verify: ["drill", "bundle", ...KEYS],
  restore: [...KEYS, "name", "bundle", "http-port", "https-port", "port", "share-bind", "launch", "on-failure"],
  prune: ["to", "keep-last", "keep-daily", "keep-weekly"],
  schedule: [
    ...["at", "calendar", "to", "keep-last", "keep-daily", "keep-weekly", "drills", "alert", "encrypt", ...KEYS],
    ...["user", "unit-dir", "show", "remove"],
  ],
  nightly: ["to", "keep-last", "keep-daily", "keep-weekly", "drills", "alert", "encrypt", ...KEYS],
};
const ALL = [...new Set(Object.values(OPTIONS).flat())];

/** `backup create|list|verify|restore|prune|schedule|nightly`. */
export async function backup(session: Session, args: Arguments): Promise<void> {
  const action = args.at(0) ?? "";
  const own = OPTIONS[action];
  if (own === undefined)
    throw usage(`\`backup\` can ${Object.keys(OPTIONS).join(", ")}, not "${action.slice(0, 40)}".`, "graph-mgr backup create");
  const odd = ALL.find(name => args.isGiven(name) && !own.includes(name));
  if (odd !== undefined) throw usage(`--${odd} does not belong to \`backup ${action}\`.`, "graph-mgr backup --help");
  const what = args.at(1);
  if (what !== undefined && (action === "list" || action === "prune"))
    throw usage(
      `\`backup ${action}\` is about all backups of the home, not about "${what.slice(0, 40)}".`,
      `graph-mgr backup ${action}`,
    );
  if (action === "create") return await (await import("./backup-create.ts")).backupCreate(session, args);
  if (action === "list") return await (await import("./backup-list.ts")).backupList(session, args);
  if (action === "restore") return await (await import("./backup-restore.ts")).backupRestore(session, args);
  if (action === "verify" && args.flag("drill") && what !== undefined)
    return await (await import("./backup-drill.ts")).backupDrill(session, what, args);
  if (action === "verify" && args.isGiven("bundle"))
    throw usage("--bundle is for a drill: `backup verify --drill`.", "graph-mgr backup --help");
  if (action === "verify") return await (await import("./backup-verify.ts")).backupVerify(session, what, args);
  if (action === "schedule") return await (await import("./backup-schedule.ts")).backupSchedule(session, args);
  if (action === "nightly") return await (await import("./backup-nightly.ts")).backupNightly(session, args);
  return await (await import("./backup-prune.ts")).backupPrune(session, args);
}
