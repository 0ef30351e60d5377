import type { InstanceRecord } from "../../domain/instance.ts";
import { OperatorError } from "../../errors.ts";
import { type ConfigDifference, diffBetween, diffFromVendor } from "../../survey/config-diff.ts";
import type { Arguments } from "../arguments.ts";
import { diffLines, diffStyle } from "../conflict-text.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { askFor, refuseMore } from "./config.ts";
import { valueText } from "./config-show.ts";

/** `config diff`: from the vendor's files, or from another instance. */
export async function configDiff(session: Session, args: Arguments): Promise<void> {
  const { world, flags } = session;
  refuseMore(args.from(1), 2, "diff");
  const { record } = await askFor(session, args.at(1));
  await noticeUnfinished(session);
  const other = args.at(2) === undefined ? null : (await askFor(session, args.at(2))).record;
  const found = other === null ? await fromVendor(session, record) : await diffBetween(world, record, other);
  const [from, to] = other === null ? [`${record.release} of the vendor`, record.name] : [record.name, other.name];
  if (flags.json)
    return session.print(JSON.stringify({ schema: 1, instance: record.name, other: other?.name ?? null, ...found }));
  if (found.files.length === 0 && found.values.length === 0)
    return session.print(`${to} is configured as ${from}, but for what graph-mgr sets itself.`);
  print(session, found, { from, to });
}

async function fromVendor({ world }: Session, record: InstanceRecord): Promise<ConfigDifference> {
  const found = await diffFromVendor(world, record);
  if (found !== null) return found;
  throw new OperatorError(
    "NO_PRISTINE",
    `The vendor's files of ${record.name} are not kept here, so there is nothing to compare with.`,
    {
      hint: `graph-mgr config diff ${record.name} OTHER   (compares it with another instance)`,
    },
  );
}

function print(
  session: Session,
  { files, values }: ConfigDifference,
  sides: { readonly from: string; readonly to: string },
): void {
  const style = diffStyle(session.flags.color && session.printColumns !== null);
  session.print(style("removed", `--- ${sides.from}`));
  session.print(style("added", `+++ ${sides.to}`));
  for (const { path, what, diff } of files) session.print([`\n${path} (${what})`, ...diffLines(diff, style)].join("\n"));
  if (values.length === 0) return;
  const rows = values.map(({ key, from, to, secret, what }) => [
    key,
    what === "added" ? "(not there)" : valueText({ value: from, secret }),
    what === "removed" ? "(not there)" : valueText({ value: to, secret }),
  ]);
  session.print(`\n${table(["KEY", "FROM", "TO"], rows, session.printColumns)}`);
}
