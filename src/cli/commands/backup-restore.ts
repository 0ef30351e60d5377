import { resolve } from "node:path";
import { choosePath } from "../../domain/backup-note.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planRestoreBackup } from "../../operations/restore.ts";
import { surveyNumbered } from "../../survey/backups.ts";
import { surveyRestore } from "../../survey/restore.ts";
import type { Arguments } from "../arguments.ts";
import { checkUnlocked } from "../backup-keys.ts";
import { carryOut } from "../carry-out.ts";
import { portNumber, portRequest } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

/** flags -> the whole archive, checked -> facts -> plan -> run */
export async function backupRestore(session: Session, args: Arguments): Promise<void> {
  const { world, home, cwd } = session;
  const word = args.at(1);
  if (word === undefined)
    throw new OperatorError("USAGE", "`backup restore` needs to know which: a file, or its number in the list.", {
      exit: EXIT.usage,
      hint: "graph-mgr backup list",
    });
  const ports = portRequest({
    httpPort: portNumber("http-port")(args.text("http-port")),
    httpsPort: portNumber("https-port")(args.text("https-port")),
    port: args.list("port"),
  });
  const path = choosePath(await surveyNumbered(world, home), word, given => resolve(cwd, given));
  // Before anything else: all of it. The steps find out when it is not the same any more.
  const { checked, answers } = await checkUnlocked(session, path, args);
  const given = args.text("bundle");
  const bundle = given === undefined ? null : await world.bundles.read(resolve(cwd, given), session.noteInPlace);
  const wish = { launch: args.flag("launch"), shareBinds: args.list("share-bind").map(each => resolve(cwd, each)) };
  const carried = await carryOut(session, {
    command: "backup restore",
    answers,
    claimsEngine: true,
    isRoutine: false,
    onFailure: (args.text("on-failure") as "undo" | "stop" | undefined) ?? "ask",
    makePlan: async () => {
      const facts = await surveyRestore(world, { home: home.path, checked, name: args.text("name") ?? null, ports, bundle });
      return planRestoreBackup(facts, wish, { now: world.now(), random: world.random(4) });
    },
  });
  if (carried) await reportFinished(session, carried);
}
