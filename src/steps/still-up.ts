import type { ContainerDetail } from "../host/world.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";

/** What ends ends soon: for so long it is looked at. */
const LOOKS = 6;
const LOOK_EVERY_MS = 500;

const hasEnded = ({ state, exitCode }: ContainerDetail): boolean =>
  state === "restarting" || state === "dead" || (state === "exited" && exitCode !== 0);

/**
 * What was started again on the way back may end at once: its files are not those that it was started with before. That is told, because "put back" is
 * not what visitors see then.
 * @param services that ran before
 */
export async function remarkEnded(
  context: Context,
  { project, instance, services }: { readonly project: string; readonly instance: string; readonly services: readonly string[] },
): Promise<void> {
  for (let look = 0; look < LOOKS && services.length > 0; look++) {
    await context.world.pause(LOOK_EVERY_MS, new AbortController().signal);
    const containers = await containersOf(context, project);
    const ended = containers.filter(each => services.includes(each.service ?? "") && hasEnded(each));
    if (ended.length === 0) continue;
    const who = [...new Set(ended.map(({ service, name }) => service ?? name))].join(", ");
    context.remark(
      `But ${who} ended again at once, so it does not serve: mend its files, then \`graph-mgr launch ${instance}\`.`,
    );
    return;
  }
}
