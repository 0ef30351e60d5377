import { resolve } from "node:path";
import { surveyBundles } from "../../survey/bundles.ts";
import { surveyHome } from "../../survey/home.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** What is installed and which bundles lie about: in the home, the working folder and `--bundles`. */
export async function versions(session: Session, folders: readonly string[]): Promise<void> {
  const { world, home } = session;
  const { records, current } = await surveyHome(world, home.path);
  const bundles = await surveyBundles(world, [
    ...new Set([home.path, session.cwd, ...folders.map(folder => resolve(session.cwd, folder))]),
  ]);
  const installed = records.map(({ name, release, layout }) => ({ name, version: release, layout, current: name === current }));
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, home: home.path, installed, bundles }));
  const rows = [
    ...installed.map(each => [each.version, `installed as ${each.name}${each.current ? " (current)" : ""}`, ""]),
    ...bundles.map(({ version, path }) => [version ?? "?", "bundle", path]),
  ];
  session.print(rows.length === 0 ? "Nothing is installed, and no bundle lies here." : table(["VERSION", "WHAT", "WHERE"], rows));
}
