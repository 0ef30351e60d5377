import { join } from "node:path";
import { healthOf } from "../domain/health.ts";
import { Home } from "../domain/home.ts";
import { messageOf, OperatorError } from "../errors.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";

/** Enough to see why, and no log to be kept. */
const LINES = 200;

/**
 * Where services do not come up, what they said last is kept in the operation's folder: going back removes the containers, and with them
 * what would tell why.
 * @throws OperatorError NOT_HEALTHY with a hint that names the files
 */
export async function keepingLastWords<T>(
  context: Context,
  { project, services }: { readonly project: string; readonly services: readonly string[] },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== "NOT_HEALTHY") throw error;
    const kept = await keep(context, project, services);
    if (kept.length === 0) throw error;
    throw new OperatorError(error.code, error.message, {
      exit: error.exit,
      cause: error,
      hint: `less ${kept.join(" ")}   (what they said last)`,
    });
  }
}

async function keep(context: Context, project: string, services: readonly string[]): Promise<readonly string[]> {
  const { world, operation, progress } = context;
  const folder = new Home(operation.home).operation(operation.id);
  const kept: string[] = [];
  try {
    for (const each of await containersOf(context, project)) {
      const { id, service } = each;
      if (service === null || !services.includes(service) || healthOf(service, [each]).verdict === "healthy") continue;
      const words = await world.engine.lastWords(id, LINES);
      const path = join(folder, `${service}.log`);
      await world.files.write(path, `${words}\n`, 0o600);
      kept.push(path);
    }
  } catch (error) {
    // What failed first is what is to be told.
    progress(`what they said last could not be kept: ${messageOf(error)}`);
  }
  return kept;
}
