import { dirname, resolve } from "node:path";
import { EXIT, OperatorError } from "../errors.ts";
import { isPlace } from "../survey/bundles.ts";
import { statusesOf } from "./commands/list.ts";
import { pageJson } from "./commands/status.ts";
import type { Session } from "./session.ts";
import { pageFacts } from "./status-facts.ts";
import { statusPageHtml } from "./status-html.ts";
import { unfinishedText } from "./unfinished.ts";

/** It tells what runs where; whoever wants to serve it says so once, and that mode is kept. */
const OWNER_ONLY = 0o600;

/**
 * Writes the page of an instance, whole or not at all.
 * @throws OperatorError BAD_PATH, NO_INSTANCE
 */
export async function writePage(session: Session, name: string | undefined, given: string): Promise<void> {
  const { world, home, store, flags } = session;
  const path = resolve(session.cwd, given);
  if (given === "" || (await world.files.isFolder(path)) || !(await isPlace(world, dirname(path))))
    throw new OperatorError("BAD_PATH", `${path} can be no file for the page.`, {
      exit: EXIT.usage,
      hint: "--html status.html   (in a folder that is there)",
    });
  const seen = await statusesOf(session);
  const facts = await pageFacts(session, seen, name);
  const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
  const said = unfinished === undefined ? null : unfinishedText(unfinished);
  const text = statusPageHtml(facts, home.path, seen.statuses, said, world.now().toISOString());
  if (!flags.dryRun) await world.files.write(path, text, (await world.files.mode(path)) ?? OWNER_ONLY);
  if (flags.json) return session.print(JSON.stringify({ ...pageJson(facts), html: path }));
  session.print(
    flags.dryRun ? `The page of ${facts.record.name} would be written to ${path}.` : `The page of ${facts.record.name}: ${path}`,
  );
}
