import { chooseInstance } from "../domain/instances.ts";
import { surveyNextUpdate } from "../survey/next-update.ts";
import { surveyStatusPage } from "../survey/status-page.ts";
import type { statusesOf } from "./commands/list.ts";
import type { Session } from "./session.ts";
import type { PageFacts } from "./status-text.ts";

/**
 * One instance, measured.
 * @throws OperatorError NO_INSTANCE
 */
export async function pageFacts(
  session: Session,
  { facts, statuses }: Awaited<ReturnType<typeof statusesOf>>,
  name: string | undefined,
): Promise<PageFacts> {
  const { world, home, cwd, store } = session;
  const record = chooseInstance(facts.records, facts.current, name);
  const status = statuses.find(each => each.record.name === record.name);
  if (status === undefined) throw new Error(`${record.name} has no status`);
  const [page, update] = await Promise.all([
    surveyStatusPage(world, home, record, status.containers, await store.list(), store.end),
    surveyNextUpdate(
      world,
      { home: home.path, folders: [...new Set([home.path, cwd])], from: record },
      session.describedProducts,
    ),
  ]);
  return { record, isCurrent: facts.current === record.name, status, page, update };
}
