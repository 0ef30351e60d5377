import { resolve } from "node:path";
import { parseImageList } from "../../domain/image-set.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planExport } from "../../operations/image-set.ts";
import { surveyHome } from "../../survey/home.ts";
import { imagesOfBundle, imagesOfInstance, surveyExport, surveyHave } from "../../survey/image-set.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** `export --have`: a list of what is here. `export WHAT --to FILE`: flags -> facts -> plan -> run. */
export async function exportImages(session: Session, args: Arguments): Promise<void> {
  const { world, home, cwd } = session;
  const [to, lacking, what] = [args.text("to"), args.text("lacking"), args.at(0)];
  if (args.flag("have")) {
    if (to !== undefined || lacking !== undefined || what !== undefined)
      throw usage("`export --have` prints what is here, and takes nothing else.", "graph-mgr export --have > list");
    return session.print(JSON.stringify(await surveyHave(world)));
  }
  if (to === undefined)
    throw usage("`export` needs to know where to.", "graph-mgr export --to images.tar   (or --have, for the other direction)");
  const have = lacking === undefined ? null : await listIn(session, resolve(cwd, lacking));
  const { of, images } = await imagesOf(session, what);
  const begun = world.now();
  const carried = await carryOut(session, {
    command: "export",
    answers: {},
    claimsEngine: false,
    // Nobody notices it.
    isRoutine: true,
    onFailure: (args.text("on-failure") as "undo" | "stop" | undefined) ?? "ask",
    makePlan: async () => {
      const facts = await surveyExport(world, home.path, of, images, resolve(cwd, to));
      return planExport(facts, have, { now: begun, random: world.random(4) });
    },
  });
  if (carried) await reportFinished(session, carried);
  if (carried && !session.flags.json) session.print(`  ${resolve(cwd, to)}`);
}

async function listIn({ world }: Session, path: string) {
  const text = (await world.files.isFolder(path)) ? null : await world.files.read(path);
  if (text === null)
    throw new OperatorError("NO_FILE", `There is no file ${path}.`, { hint: "make it there: graph-mgr export --have > list" });
  return parseImageList(text, path);
}

/** An instance of this home by its name, else a bundle by its path. */
async function imagesOf({ world, home, cwd, noteInPlace }: Session, what: string | undefined) {
  const { records, current } = await surveyHome(world, home.path);
  const path = what === undefined ? null : resolve(cwd, what);
  const isName = records.some(({ name, project }) => [name, project].includes(what ?? "") || name === `v${what}`);
  if (path !== null && !isName && (await world.bundles.stamp(path)) !== null) {
    const { images } = await world.bundles.read(path, noteInPlace);
    if (images.length === 0)
      throw new OperatorError("IMAGE_MISSING", `The bundle ${path} brings no images.`, { hint: "name an instance instead" });
    return { of: path, images: imagesOfBundle(images) };
  }
  const record = chooseInstance(records, current, what);
  return { of: record.name, images: imagesOfInstance(record) };
}
