import type { InstanceRecord } from "../domain/instance.ts";
import { spoken } from "../plan/plan.ts";
import { surveyHome } from "../survey/home.ts";
import type { Carried } from "./run-or-undo.ts";
import type { Session } from "./session.ts";

/** Kinds of operations after which an instance is answered at an address. */
const SERVED = ["install", "copy", "adopt", "launch", "backup-restore", "update", "rollback"];

/** Of what was current before a restore, which is touched by nothing. */
async function leftWords({ world }: Session, { name, project }: InstanceRecord): Promise<string> {
  const isUp = (await world.engine.containers()).some(each => each.project === project && each.state === "running");
  return isUp
    ? `It is the current instance now, and ${name} still serves: visitors reach that one, on its own ports, until somebody stops it:\n  graph-mgr stop ${name}`
    : `It is the current instance now; ${name} stays as it is, stopped.`;
}

/** What was done and where to look, as one JSON document or a few lines. */
export async function reportFinished(
  session: Session,
  carried: Carried,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { result, ...rest } = carried;
  if (session.flags.json) {
    session.print(JSON.stringify({ ...rest, outcome: "done", ...result, ...more }));
    return;
  }
  const { records } = await surveyHome(session.world, session.home.path);
  const record = records.find(({ name }) => name === carried.instance);
  session.print(`${carried.instance ?? session.home.path}: ${spoken(carried.kind)} finished.`);
  if (carried.kind === "remove" && carried.wayBack !== null) session.print(`This brings it back:\n  ${carried.wayBack}`);
  if (session.flags.quiet || record === undefined || !SERVED.includes(carried.kind)) return;
  if (carried.kind === "adopt")
    session.print(
      `Next: a backup (graph-mgr backup create ${record.name}), and what is wrong with the machine (graph-mgr doctor).\nThis gives it back to whoever runs it by hand:\n  ${carried.wayBack}`,
    );
  const isUp = (await session.world.engine.containers()).some(
    ({ project, state }) => project === record.project && (state === "running" || state === "restarting"),
  );
  // Nobody answers there before it is launched.
  if (!isUp) return session.print(`It is stopped; this launches it:\n  graph-mgr launch ${record.name}`);
  const { http, https } = record.product.ports;
  const own = (await session.world.engine.containers()).filter(({ project }) => project === record.project);
  const hostOf = (at: typeof http) => {
    const published = own
      .find(({ service }) => service === at?.service)
      ?.ports.find(({ container }) => container === at?.container);
    const recorded = record.ports.find(({ service, container }) => at?.service === service && at.container === container);
    // Its files may have been edited since it was recorded.
    return published?.host ?? recorded?.host ?? null;
  };
  const [plain, secure] = [hostOf(http), hostOf(https)];
  if (plain !== null) session.print(`  http://localhost${plain === 80 ? "" : `:${plain}`}/`);
  if (secure !== null)
    session.print(`  https://localhost${secure === 443 ? "" : `:${secure}`}/   (where the product has a certificate)`);
  if (typeof result?.["backup"] === "string" && carried.kind === "rollback")
    session.print(`The database that was left is kept as a dump in ${result["backup"]}.`);
  const left = records.find(({ name }) => name === result?.["left"]);
  if (left !== undefined) session.print(await leftWords(session, left));
  if (carried.kind === "update" && carried.wayBack !== null)
    session.print(`The old release stays complete, stopped. This goes back to it:\n  ${carried.wayBack}`);
}
