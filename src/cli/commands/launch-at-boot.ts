import { chooseInstance } from "../../domain/instances.ts";
import { surveyHome } from "../../survey/home.ts";
import { refuseUnfinished } from "../carry-out.ts";
import type { Session } from "../session.ts";
import { BACKUP_KINDS, clearAway, patiently } from "../unattended.ts";
import { runInstance } from "./run-instance.ts";

/** `launch --unless-stopped`: nobody is there. Who is at work is waited for, and a backup or a launch that the machine's end cut off is taken back first. */
export async function launchUnlessStopped(session: Session, name: string | undefined, althoughMoved: boolean): Promise<void> {
  await patiently(session, async () => {
    await clearAway(session, [...BACKUP_KINDS, "launch"]);
    if (!(await isLeftStopped(session, name))) await runInstance(session, "launch", name, althoughMoved, false);
  });
}

/** Whether `stop` stopped it, or what ends in that: an update, a move. Unfinished business comes first, for there nobody knows yet which one is to serve. */
async function isLeftStopped(session: Session, name: string | undefined): Promise<boolean> {
  const home = await session.lockHome("launch");
  try {
    await refuseUnfinished(session);
  } finally {
    await home.release();
  }
  const { records, current } = await surveyHome(session.world, session.home.path);
  const record = chooseInstance(records, current, name);
  if (record.stoppedPolicies === null) return false;
  session.print(
    session.flags.json
      ? JSON.stringify({ operation: null, kind: "launch", instance: record.name, steps: 0, outcome: "left-stopped" })
      : `${record.name} was stopped by graph-mgr, and stays stopped. This launches it:\n  graph-mgr launch ${record.name}`,
  );
  return true;
}
