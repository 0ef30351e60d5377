import { stepKinds } from "../plan/step.ts";
import { awaitHealth } from "./await-health.ts";
import { acceptBackup, deleteBackup, noteDrill, reclaimRoom, writeBackup } from "./backup.ts";
import { buildImages } from "./build-images.ts";
import { carryTree } from "./carry-tree.ts";
import { catchUp, listRows } from "./catch-up.ts";
import { closeNetworks } from "./close-networks.ts";
import { configure } from "./configure.ts";
import { copyTree } from "./copy-tree.ts";
import { copyVolume } from "./copy-volume.ts";
import { createVolume } from "./create-volume.ts";
import { databaseAlone, dropDump, dropScratch, dumpDatabase, restoreDatabase, takeBaseline } from "./database.ts";
import { awaitAnswer, commit, openFront } from "./front.ts";
import { importImages, writeImageSet } from "./image-set.ts";
import { keepMerged, keepPristine } from "./keep-pristine.ts";
import { launch } from "./launch.ts";
import { loadImages, unloadImages } from "./load-images.ts";
import { maintenanceDown, maintenanceUp, retirePage } from "./maintenance.ts";
import { mergeConfiguration } from "./merge-configuration.ts";
import { commitMove, installThere, noteMoved, openThere, sendAhead, sendImages, sendInstance } from "./migrate.ts";
import { placeRelease } from "./place-release.ts";
import { moveAside, removeContainers, removeImages, removeTree, removeVolume } from "./remove.ts";
import { removeUnused } from "./remove-unused.ts";
import { resetData } from "./reset-data.ts";
import { rest } from "./rest.ts";
import { fillBackupVolume, loadBackupImages, unpackBackupDump, unpackBackupTree } from "./restore-backup.ts";
import { placeUnits, turnTimer } from "./schedule.ts";
import { setCurrent } from "./set-current.ts";
import { revive, stop } from "./stop.ts";
import { tagImages } from "./tag-images.ts";
import { unpackBundle } from "./unpack-bundle.ts";
import { verifyIsolation } from "./verify-isolation.ts";
import { quiet } from "./window.ts";
import { forgetRecord, writeRecord } from "./write-record.ts";

/** Every kind of step that a journal may name. */
export const kinds = stepKinds(
  acceptBackup,
  awaitAnswer,
  awaitHealth,
  buildImages,
  carryTree,
  catchUp,
  closeNetworks,
  commit,
  commitMove,
  configure,
  copyTree,
  copyVolume,
  createVolume,
  databaseAlone,
  deleteBackup,
  dropDump,
  dropScratch,
  dumpDatabase,
  fillBackupVolume,
  forgetRecord,
  importImages,
  installThere,
  keepMerged,
  keepPristine,
  launch,
  listRows,
  loadBackupImages,
  loadImages,
  mergeConfiguration,
  maintenanceDown,
  maintenanceUp,
  moveAside,
  noteDrill,
  noteMoved,
  openFront,
  openThere,
  placeRelease,
  placeUnits,
  quiet,
  reclaimRoom,
  removeContainers,
  removeImages,
  removeTree,
  removeUnused,
  removeVolume,
  resetData,
  rest,
  restoreDatabase,
  retirePage,
  revive,
  sendAhead,
  sendImages,
  sendInstance,
  setCurrent,
  stop,
  tagImages,
  takeBaseline,
  turnTimer,
  unloadImages,
  unpackBackupDump,
  unpackBackupTree,
  unpackBundle,
  verifyIsolation,
  writeBackup,
  writeImageSet,
  writeRecord,
);

export {
  acceptBackup,
  awaitAnswer,
  awaitHealth,
  buildImages,
  carryTree,
  catchUp,
  closeNetworks,
  commit,
  commitMove,
  configure,
  copyTree,
  copyVolume,
  createVolume,
  databaseAlone,
  deleteBackup,
  dropDump,
  dropScratch,
  dumpDatabase,
  fillBackupVolume,
  forgetRecord,
  importImages,
  installThere,
  keepMerged,
  keepPristine,
  launch,
  listRows,
  loadBackupImages,
  loadImages,
  maintenanceDown,
  maintenanceUp,
  mergeConfiguration,
  moveAside,
  noteDrill,
  noteMoved,
  openFront,
  openThere,
  placeRelease,
  placeUnits,
  quiet,
  reclaimRoom,
  removeContainers,
  removeImages,
  removeTree,
  removeUnused,
  removeVolume,
  resetData,
  rest,
  restoreDatabase,
  retirePage,
  revive,
  sendAhead,
  sendImages,
  sendInstance,
  setCurrent,
  stop,
  tagImages,
  takeBaseline,
  turnTimer,
  unloadImages,
  unpackBackupDump,
  unpackBackupTree,
  unpackBundle,
  verifyIsolation,
  writeBackup,
  writeImageSet,
  writeRecord,
};
