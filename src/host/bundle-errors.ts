import { OperatorError } from "../errors.ts";
import { ArchiveFault, changed, type FaultKind, shown } from "./tar-fault.ts";
import { codeOf } from "./unpack-tree.ts";

const FAULTS: Readonly<Record<FaultKind, readonly [code: string, is: string, hint: string]>> = {
  notTar: [
    "NO_BUNDLE",
    "is no bundle",
    "give the vendor's .tar or .tar.gz as you got it, or the folder that it was unpacked into",
  ],
  damaged: ["BUNDLE_DAMAGED", "is damaged", "copy or download it again, and compare its checksum with the vendor's"],
  hostile: [
    "BUNDLE_HOSTILE",
    "is not safe to unpack",
    "get the bundle from the vendor itself, and tell the vendor if it stays so",
  ],
  changed: [
    "BUNDLE_CHANGED",
    "is not what it was when it was looked at",
    "wait until nobody writes it any more, then start again",
  ],
  tooLarge: ["BUNDLE_TOO_LARGE", "is too large", "get the bundle from the vendor itself, and tell the vendor if it stays so"],
};

/**
 * What went wrong with a bundle as a sentence for the operator; what is none of these is a bug and stays as it is.
 *
 * @param to where it was being written
 */
export function inOperatorWords(error: unknown, path: string, to: string): unknown {
  if (error instanceof ArchiveFault) {
    const [code, is, hint] = FAULTS[error.kind];
    return new OperatorError(code, `The bundle ${path} ${is}: ${error.message}.`, { hint, cause: error });
  }
  const code = codeOf(error);
  const place = error instanceof Error && "path" in error ? String(error.path) : path;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new OperatorError("DISK_FULL", `The disk is full: what ${path} holds does not fit into ${to} (${code}).`, {
      hint: "make room and run it again; nothing was left behind",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new OperatorError("NO_PERMISSION", `This user may not read or write ${place} (${code}).`, {
      hint: "check its owner and mode, or run it as the owner",
      cause: error,
    });
  }
  // A bundle's own file, found a moment ago.
  const isGone = ["ENOENT", "ENOTDIR", "ELOOP"].includes(code) && (place === path || place.startsWith(`${path}/`));
  return isGone ? inOperatorWords(changed(`${shown(place)} is gone`), path, to) : error;
}

export const noBundle = (path: string, what: string) =>
  new OperatorError("NO_BUNDLE", `${path} ${what}.`, { hint: FAULTS.notTar[2] });

export const bundleIncomplete = (path: string) =>
  new OperatorError("BUNDLE_INCOMPLETE", `The bundle ${path} has no docker-compose.yml at its top.`, {
    hint: "give the bundle as the vendor ships it: the compose file lies at its top or in its only folder",
  });

export const bundleChanged = (path: string) =>
  new OperatorError(FAULTS.changed[0], `The bundle ${path} ${FAULTS.changed[1]}.`, { hint: FAULTS.changed[2] });
