import type { InstanceRecord } from "../../domain/instance.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { surveyNotes } from "../../survey/backups.ts";
import { newestBackup } from "../../survey/last-backup.ts";
import type { NextUpdate } from "../../survey/next-update.ts";
import type { Session } from "../session.ts";
import type { PageFacts } from "../status-text.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { watched } from "../watch.ts";
import { nothingInstalled, statusesOf, statusTable, toJson } from "./list.ts";

interface StatusArgs {
  readonly instance: string | undefined;
  readonly watch: boolean;
  /** File for the page; nothing is printed but its name. */
  readonly html: string | undefined;
}

/**
 * Without a name: all instances, as `list`, and what files alone tell. With one, or where there is only one: its page, measured. `--watch`
 * looks again in place, at a terminal.
 */
export async function status(session: Session, { instance, watch, html }: StatusArgs): Promise<void> {
  if (watch && (session.flags.json || html !== undefined))
    throw new OperatorError("USAGE", `--watch is for people and ${session.flags.json ? "--json" : "--html"} for later.`, {
      exit: EXIT.usage,
      hint: "leave one of them out",
    });
  await noticeUnfinished(session);
  if (html !== undefined) return await (await import("../status-file.ts")).writePage(session, instance, html);
  // Without a terminal nothing would be looked at in place, and nobody would end it.
  if (watch && session.isTerminal) return await watched(session, () => statusText(session, instance, session.columns));
  session.print(await statusText(session, instance, session.printColumns));
}

const nowMs = ({ world }: Session): number => world.now().getTime();

async function statusText(session: Session, name: string | undefined, columns: number | null): Promise<string> {
  const seen = await statusesOf(session);
  if (name === undefined && seen.facts.records.length !== 1) return await allText(session, seen, columns);
  const facts = await (await import("../status-facts.ts")).pageFacts(session, seen, name);
  if (session.flags.json) return JSON.stringify(pageJson(facts));
  return (await import("../status-text.ts")).statusPageText(facts, nowMs(session), columns);
}

type Seen = Awaited<ReturnType<typeof statusesOf>>;

/** Records, one `docker ps`, and what the home has noted: nothing is measured, and no bundle is looked into. */
async function allText(session: Session, { facts, statuses }: Seen, columns: number | null): Promise<string> {
  const { world, home, store } = session;
  if (statuses.length === 0 && !session.flags.json) return nothingInstalled(home.path);
  const notes = await surveyNotes(world, home);
  const lastOf = ({ name }: InstanceRecord) => newestBackup(world, notes, name);
  const current = facts.records.find(({ name }) => name === facts.current) ?? null;
  const update = current === null ? null : await knownUpdate(session, current);
  if (session.flags.json) {
    const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
    return JSON.stringify({
      schema: 1,
      home: home.path,
      current: facts.current,
      instances: await Promise.all(
        statuses.map(async each => {
          const last = await lastOf(each.record);
          return { ...toJson(each), lastBackup: last && { sequence: last.sequence, createdAt: last.createdAt } };
        }),
      ),
      update,
      unfinished:
        unfinished === undefined
          ? null
          : { id: unfinished.plan.id, kind: unfinished.plan.operation, instance: unfinished.plan.instance },
    });
  }
  const last = current === null ? null : await lastOf(current);
  return [statusTable(statuses, facts.current, columns), ...(await currentLines(session, current, last, update))].join("\n");
}

async function currentLines(
  session: Session,
  current: InstanceRecord | null,
  last: { readonly sequence: number; readonly createdAt: string } | null,
  update: NextUpdate | null,
): Promise<readonly string[]> {
  if (current === null) return [];
  const { ago, updateWords } = await import("../status-words.ts");
  const made =
    last === null ? "none: graph-mgr backup create" : `number ${last.sequence}, ${ago(nowMs(session))(last.createdAt)}`;
  return [
    "",
    `Last backup of ${current.name}: ${made}`,
    ...(update === null || (update.to === null && update.blocked === null)
      ? []
      : updateWords(update, current, true).map(words => `Update of ${current.name}: ${words}`)),
  ];
}

/** Only where something is remembered of bundles is there anything to be known, and what understands that takes a while to load. */
async function knownUpdate(session: Session, current: InstanceRecord): Promise<NextUpdate | null> {
  const { world, home, cwd } = session;
  if (!(await world.files.exists(home.bundleCache()))) return null;
  const { surveyNextUpdate } = await import("../../survey/next-update.ts");
  const ask = { home: home.path, folders: [...new Set([home.path, cwd])], from: current };
  return await surveyNextUpdate(world, ask, session.describedProducts);
}

export const pageJson = ({ record, isCurrent, status: own, page, update }: PageFacts) => ({
  schema: 1,
  ...toJson(own),
  current: isCurrent,
  product: record.product.product,
  layout: record.layout,
  origin: { how: record.origin.how, from: record.origin.from },
  ...page,
  update,
});
