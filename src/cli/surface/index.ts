import { ADOPT } from "./adopting.ts";
import { BACKUP } from "./backup.ts";
import { CONFIG } from "./config.ts";
import { DOCTOR, SUPPORT } from "./doctor.ts";
import { EXPORT, IMPORT } from "./images.ts";
import { LOOKING, PRUNE } from "./looking.ts";
import { COPY, INSTALL, REMOVE } from "./making.ts";
import { MIGRATE, RECEIVE } from "./migrate.ts";
import { POSTGRES } from "./postgres.ts";
import { BOOT, COMPLETION, RUNNING, UNFINISHED } from "./running.ts";
import type { CommandSpec } from "./spec.ts";
import { ROLLBACK, UPDATE } from "./updating.ts";

/** Every command, in the order of help. */
export const COMMANDS: readonly CommandSpec[] = [
  INSTALL,
  UPDATE,
  ROLLBACK,
  COPY,
  ADOPT,
  ...LOOKING,
  ...RUNNING,
  BOOT,
  CONFIG,
  BACKUP,
  MIGRATE,
  EXPORT,
  IMPORT,
  POSTGRES,
  REMOVE,
  PRUNE,
  ...UNFINISHED,
  COMPLETION,
  DOCTOR,
  SUPPORT,
  RECEIVE,
];

/** By name or alias. */
export const findCommand = (name: string): CommandSpec | undefined =>
  COMMANDS.find(each => each.name === name || each.aliases?.includes(name));

export const PROGRAM_EXAMPLES: CommandSpec["examples"] = [
  ["install graphistry-v2.22.2.tar.gz", "Install a release; asks what is not said"],
  ["update graphistry-v2.23.0.tar.gz", "Update; the old release stays, and serves again if anything fails"],
  ["copy v2.22.2 --name training --data dump", "A copy beside it, with its data"],
  ["list", "What is installed, and where it serves"],
  ["stop v2.22.2-training", "Stop the copy, also for after a reboot"],
  ["install NEW.tar.gz --dry-run", "See every step; nothing is changed"],
];
