import { EXIT, OperatorError } from "../../errors.ts";
import { planRevert } from "../../operations/config.ts";
import { type ShownChange, surveyHistory, surveyRevert } from "../../survey/config-history.ts";
import type { Arguments } from "../arguments.ts";
import { carryConfig } from "../config-carry.ts";
import { diffLines, diffStyle } from "../conflict-text.ts";
import type { Session } from "../session.ts";
import { wrap } from "../text.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { askFor, instanceFirst, refuseMore } from "./config.ts";

const NUMBER = /^[1-9]\d{0,5}$/;

/** `config history`: what went through `config`, newest first. */
export async function configHistory(session: Session, args: Arguments): Promise<void> {
  const { world, flags, home } = session;
  refuseMore(args.from(1), 1, "history");
  const { record } = await askFor(session, args.at(1));
  await noticeUnfinished(session);
  const changes = await surveyHistory(world, home.path, record);
  if (flags.json) return session.print(JSON.stringify({ schema: 1, instance: record.name, changes }));
  if (changes.length === 0) return session.print(`Nothing of ${record.name} was changed with graph-mgr config.`);
  const style = diffStyle(flags.color && session.printColumns !== null);
  const width = session.printColumns;
  const wide = (text: string): string => (width === null ? text : wrap(text, width - 1));
  for (const change of [...changes].reverse()) {
    session.print([wide(headOf(change)), ...change.files.flatMap(({ path }) => linesOf(change, path, style)), ""].join("\n"));
  }
  session.note(`What was before change N is put back by: graph-mgr config revert ${record.name} N`);
}

function headOf({ number, createdAt, how, keys, reverted, files }: ShownChange): string {
  const what = how === "revert" ? `revert ${reverted}` : `${how} ${keys.join(", ")}`.trim();
  return `${number}  ${createdAt.replace(/\.\d+Z$/, "Z")}  ${what}  (${files.map(({ path }) => path).join(", ")})`;
}

/** Only what changed: the lines around it are in the file. */
function linesOf({ diffs }: ShownChange, path: string, style: ReturnType<typeof diffStyle>): readonly string[] {
  const diff = diffs[path];
  if (diff === null || diff === undefined) return ["     (a version of it is gone)"];
  return diffLines(
    diff.filter(line => /^[-+]/.test(line)),
    style,
  );
}

/** `config revert N`: the files of a change as they were before it. */
export async function configRevert(session: Session, args: Arguments): Promise<void> {
  const words = args.from(1);
  const number = words.at(-1) ?? "";
  if (!NUMBER.test(number))
    throw new OperatorError("USAGE", "`config revert` needs the number of a change.", {
      exit: EXIT.usage,
      hint: "graph-mgr config history   (lists them), then graph-mgr config revert N",
    });
  refuseMore(words, 2, "revert");
  const { instance } = await instanceFirst(session, words.slice(0, -1));
  if (words.length === 2 && instance === undefined) refuseMore(words, 0, "revert");
  const ask = await askFor(session, instance);
  await carryConfig(session, {
    command: "config revert",
    same: `It is as it was before change ${number} already.`,
    apply: args.flag("apply"),
    make: async (apply, occasion) => {
      const { facts, texts } = await surveyRevert(session.world, ask, Number(number));
      return { plan: planRevert(facts, apply, occasion), texts };
    },
  });
}
