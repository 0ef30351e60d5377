import { Home } from "../domain/home.ts";
import { type InstanceRecord, parseRecord } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";

export interface AttachFacts {
  readonly home: string;
  readonly record: InstanceRecord;
  /** The folder that `remove` moved aside, and the record beside it. */
  readonly aside: string;
  readonly isTaken: boolean;
  /** Of its volumes, those that are gone. */
  readonly missingVolumes: readonly string[];
}

/** @throws OperatorError NOT_REMOVED when the folder is not one that `remove` left */
export async function surveyAttach(world: World, homePath: string, folder: string): Promise<AttachFacts> {
  const home = new Home(homePath);
  const text = await world.files.read(`${folder}.json`);
  if (text === null || !(await world.files.exists(folder))) {
    throw new OperatorError("NOT_REMOVED", `${folder} is not a folder that \`graph-mgr remove\` moved aside.`, {
      hint: `look into ${home.own()}/removed`,
    });
  }
  const record = parseRecord(text, `${folder}.json`);
  const there = new Set((await world.engine.volumes()).map(({ name }) => name));
  return {
    home: homePath,
    record,
    aside: folder,
    isTaken: (await world.files.exists(record.dir)) || (await world.files.exists(home.record(record.name))),
    missingVolumes: [...new Set(record.volumes.map(({ name }) => name))].filter(name => !there.has(name)),
  };
}
