import { type ShownSetting, surveyServiceSettings, surveySettings } from "../../survey/config-show.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { cut, shownText } from "../text.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { askFor, refuseMore } from "./config.ts";

const HIDDEN = "***";
const LONGEST = 60;

/** `config show`: every setting as it counts, and where it comes from. */
export async function configShow(session: Session, args: Arguments): Promise<void> {
  const { world, flags } = session;
  refuseMore(args.from(1), 1, "show");
  const { record } = await askFor(session, args.at(1));
  await noticeUnfinished(session);
  const service = args.text("service") ?? null;
  const shown = service === null ? await surveySettings(world, record) : await surveyServiceSettings(world, record, service);
  if (flags.json)
    return session.print(JSON.stringify({ schema: 1, instance: record.name, layout: record.layout, service, settings: shown }));
  if (shown.length === 0) return session.print(`${service ?? record.name} has no settings.`);
  const rows = shown.map(each => [each.changed === true ? "*" : "", each.key, valueText(each), fromText(each)]);
  session.print(table(["", "KEY", "VALUE", "FROM"], rows, session.printColumns));
  if (!flags.quiet && shown.some(({ changed }) => changed === true)) session.note("* is not as the vendor ships it");
}

/** One line of it, with secrets hidden. */
export function valueText({ value, secret }: Pick<ShownSetting, "value" | "secret">): string {
  if (secret) return HIDDEN;
  if (value === null) return "(none)";
  if (value === "") return '""';
  return cut(shownText(value.replaceAll(/\s+/g, " ")), LONGEST);
}

const fromText = ({ from, file, line }: ShownSetting): string =>
  from === "default" ? `default in ${file}` : file === null ? "environment" : `${file}${line === null ? "" : `:${line}`}`;
