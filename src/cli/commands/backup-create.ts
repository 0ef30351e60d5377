import { resolve } from "node:path";
import type { Compression } from "../../domain/backup.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { planBackup } from "../../operations/backup.ts";
import { surveyBackup } from "../../survey/backup.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyInstance } from "../../survey/instance.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

/** flags -> facts -> plan -> run */
export async function backupCreate(session: Session, args: Arguments): Promise<void> {
  const { world, home, cwd } = session;
  const [given, stopSource] = [args.text("to"), args.flag("stop-source")];
  const begun = world.now();
  const carried = await carryOut(session, {
    command: "backup create",
    answers: {},
    claimsEngine: false,
    // Nobody notices it, unless the instance is stopped for it.
    isRoutine: !stopSource,
    onFailure: (args.text("on-failure") as "undo" | "stop" | undefined) ?? "ask",
    makePlan: async () => {
      const { records, current } = await surveyHome(world, home.path);
      const record = chooseInstance(records, current, args.at(1));
      const instance = await surveyInstance(world, record, home.path, current);
      const facts = await surveyBackup(world, instance, given === undefined ? home.backups() : resolve(cwd, given));
      const request = {
        compression: (args.text("compress") as Compression | undefined) ?? "gzip",
        withImages: args.flag("with-images"),
        stopSource,
      };
      return planBackup(facts, request, { now: begun, random: world.random(4) });
    },
  });
  if (!carried) return;
  await reportFinished(session, carried);
  const path = carried.result?.["backup"];
  if (!session.flags.json && typeof path === "string") session.print(`  ${path}`);
}
