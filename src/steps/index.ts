import { stepKinds } from "../plan/step.ts";
import { awaitHealth } from "./await-health.ts";
import { acceptBackup, deleteBackup, noteDrill, reclaimRoom, writeBackup } from "./backup.ts";
import { buildImages } from "./build-images.ts";
import { carryTree } from "./carry-tree.ts";
import { catchUp, listRows } from "./catch-up.ts";
import { closeNetworks } from "./close-networks.ts";
import { keepVersion, noteChange, writeConfig } from "./config-change.ts";
import { configure } from "./configure.ts";
import { copyTree } from "./copy-tree.ts";
import { copyVolume } from "./copy-volume.ts";
import { createVolume } from "./create-volume.ts";
import { databaseAlone, dropDump, dropScratch, dumpDatabase, restoreDatabase, takeBaseline } from "./database.ts";
import { awaitAnswer, commit, openFront } from "./front.ts";
import { importImages, writeImageSet } from "./image-set.ts";
import { keepMerged, keepPristine, noPristine } from "./keep-pristine.ts";
import { launch } from "./launch.ts";
import { loadImages, unloadImages } from "./load-images.ts";
import { maintenanceDown, maintenanceUp, retirePage } from "./maintenance.ts";
import { dropCache, mendModes, mendPolicies, sweepHelpers } from "./mend.ts";
import { mergeConfiguration } from "./merge-configuration.ts";
import { commitMove, installThere, noteMoved, openThere, sendAhead, sendImages, sendInstance } from "./migrate.ts";
import { placeRelease } from "./place-release.ts";
import { recreate, recreateBack } from "./recreate.ts";
import { moveAside, removeContainers, removeImages, removeTree, removeVolume } from "./remove.ts";
import { removeUnused } from "./remove-unused.ts";
import { resetData } from "./reset-data.ts";
import { rest } from "./rest.ts";
import { fillBackupVolume, loadBackupImages, unpackBackupDump, unpackBackupTree } from "./restore-backup.ts";
import { placeUnits, turnAtBoot, turnTimer } from "./schedule.ts";
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
  dropCache,
  dropDump,
  dropScratch,
  dumpDatabase,
  fillBackupVolume,
  forgetRecord,
  importImages,
  installThere,
  keepMerged,
  keepPristine,
  keepVersion,
  launch,
  listRows,
  loadBackupImages,
  loadImages,
  mendModes,
  mendPolicies,
  mergeConfiguration,
  maintenanceDown,
  maintenanceUp,
  moveAside,
  noPristine,
  noteChange,
  noteDrill,
  noteMoved,
  openFront,
  openThere,
  placeRelease,
  placeUnits,
  quiet,
  reclaimRoom,
  recreate,
  recreateBack,
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
  sweepHelpers,
  tagImages,
  takeBaseline,
  turnAtBoot,
  turnTimer,
  unloadImages,
  unpackBackupDump,
  unpackBackupTree,
  unpackBundle,
  verifyIsolation,
  writeBackup,
  writeConfig,
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
  dropCache,
  dropDump,
  dropScratch,
  dumpDatabase,
  fillBackupVolume,
  forgetRecord,
  importImages,
  installThere,
  keepMerged,
  keepPristine,
  keepVersion,
  launch,
  listRows,
  loadBackupImages,
  loadImages,
  maintenanceDown,
  maintenanceUp,
  mendModes,
  mendPolicies,
  mergeConfiguration,
  moveAside,
  noPristine,
  noteChange,
  noteDrill,
  noteMoved,
  openFront,
  openThere,
  placeRelease,
  placeUnits,
  quiet,
  reclaimRoom,
  recreate,
  recreateBack,
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
  sweepHelpers,
  tagImages,
  takeBaseline,
  turnAtBoot,
  turnTimer,
  unloadImages,
  unpackBackupDump,
  unpackBackupTree,
  unpackBundle,
  verifyIsolation,
  writeBackup,
  writeConfig,
  writeImageSet,
  writeRecord,
};
