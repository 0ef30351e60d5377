import { stepKinds } from "../plan/step.ts";
import { awaitHealth } from "./await-health.ts";
import { buildImages } from "./build-images.ts";
import { configure } from "./configure.ts";
import { copyTree } from "./copy-tree.ts";
import { copyVolume } from "./copy-volume.ts";
import { createVolume } from "./create-volume.ts";
import { dropDump, dumpDatabase, restoreDatabase } from "./database.ts";
import { keepPristine } from "./keep-pristine.ts";
import { launch } from "./launch.ts";
import { loadImages } from "./load-images.ts";
import { maintenanceDown, maintenanceUp } from "./maintenance.ts";
import { placeRelease } from "./place-release.ts";
import { moveAside, removeContainers, removeImages, removeTree, removeVolume } from "./remove.ts";
import { resetData } from "./reset-data.ts";
import { setCurrent } from "./set-current.ts";
import { revive, stop } from "./stop.ts";
import { tagImages } from "./tag-images.ts";
import { unpackBundle } from "./unpack-bundle.ts";
import { verifyIsolation } from "./verify-isolation.ts";
import { writeRecord } from "./write-record.ts";

/** Every kind of step that a journal may name. */
export const kinds = stepKinds(
  awaitHealth,
  buildImages,
  configure,
  copyTree,
  copyVolume,
  createVolume,
  dropDump,
  dumpDatabase,
  keepPristine,
  launch,
  loadImages,
  maintenanceDown,
  maintenanceUp,
  moveAside,
  placeRelease,
  removeContainers,
  removeImages,
  removeTree,
  removeVolume,
  resetData,
  restoreDatabase,
  revive,
  setCurrent,
  stop,
  tagImages,
  unpackBundle,
  verifyIsolation,
  writeRecord,
);

export {
  awaitHealth,
  buildImages,
  configure,
  copyTree,
  copyVolume,
  createVolume,
  dropDump,
  dumpDatabase,
  keepPristine,
  launch,
  loadImages,
  maintenanceDown,
  maintenanceUp,
  moveAside,
  placeRelease,
  removeContainers,
  removeImages,
  removeTree,
  removeVolume,
  resetData,
  restoreDatabase,
  revive,
  setCurrent,
  stop,
  tagImages,
  unpackBundle,
  verifyIsolation,
  writeRecord,
};
