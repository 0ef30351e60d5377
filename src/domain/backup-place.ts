import { basename, dirname } from "node:path";
import { OperatorError } from "../errors.ts";
import { show } from "./names.ts";
import { isRestic, resticPlaceAt } from "./restic-place.ts";

/** A folder or a file on another machine. */
export interface RemotePlace {
  readonly user: string | null;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number | null;
  /** Absolute. */
  readonly path: string;
}

const SCHEME = "ssh://";
/** No part can be taken for an option, or for more than one word. */
const PLACE =
  /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9_.-]*)@)?([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(\/[^\r\n\0]*)$/;

/** Whether it is no file of this machine: on another one, or in a repository. */
export const isRemote = (place: string): boolean => place.startsWith(SCHEME) || isRestic(place);

/** `ssh://[user@]host[:port]/path`, taken as it stands: nothing in it is decoded. @throws OperatorError BAD_PLACE */
export function parsePlace(place: string): RemotePlace {
  const found = PLACE.exec(place);
  const [, user, host = "", port, path = ""] = found ?? [];
  const parts = path.split("/").slice(1);
  const isOdd = parts.some((part, at) => part === "." || part === ".." || (part === "" && at < parts.length - 1)) || path === "/";
  if (found === null || isOdd || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)))
    throw new OperatorError("BAD_PLACE", `${show(withoutPassword(place))} is no place on another machine.`, {
      hint: "ssh://user@host:22/absolute/folder   (user and port may be left out; a password has no place there)",
    });
  return { user: user ?? null, host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? null : Number(port), path };
}

const withoutPassword = (place: string): string => place.replace(/^([A-Za-z0-9+.-]+:(?:\/\/)?[^/@:]*):[^@]*@/, "$1:...@");

/** A file of a folder, wherever that is. */
export const beneath = (folder: string, name: string): string => `${folder === "/" ? "" : folder}/${name}`;

/** Hidden, so that nobody takes it for a backup: `writing` until all of it is there, `unread` until it was read back. */
export const beside = (path: string, what: "writing" | "unread"): string => beneath(dirname(path), `.${basename(path)}.${what}`);

/** The name that a backup has or will have, of any that `beside` makes. */
export const nameBeside = (name: string): string => name.replace(/^\.(.*)\.(?:writing|unread)$/, "$1");

/** What other programs take for another machine: `ftp://host/path`, `s3:bucket`, `host:/path`. */
const ELSEWHERE = /^[^/:]+:/;
/** What stores restic knows, by what their names begin with: https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html */
const RESTICS = /^(?:s3|b2|rest|sftp|azure|gs|rclone|swift):/;

/** Who names another machine in another program's way would get a folder here, and take it for a backup elsewhere. @throws OperatorError BAD_PLACE */
function refuseElsewhere(given: string): void {
  const isHome = /^~[^/]*(?:\/|$)/.test(given);
  const isBlank = given.trim() === "";
  if (!isHome && !isBlank && !ELSEWHERE.test(given)) return;
  const [, machine, folder] = /^([^/:]+):(\/[^:]*)$/.exec(given) ?? [];
  const shown = withoutPassword(given);
  const hint = isHome
    ? `the whole path   (or ./${given} for a folder of that name)`
    : RESTICS.test(given)
      ? `restic:${shown}`
      : machine !== undefined && !folder?.startsWith("//")
        ? `ssh://${machine}${folder}   (or ./${given} for a folder of that name)`
        : "a folder (./NAME where there is a colon in its name), ssh://user@host/absolute/folder or restic:REPOSITORY";
  throw new OperatorError("BAD_PLACE", `${show(shown)} is no place that backups lie in.`, { hint });
}

/** Where something lies: a path of this machine made absolute, or a place elsewhere, without a slash at its end. @throws OperatorError BAD_PLACE */
export function placeAt(given: string, resolve: (path: string) => string): string {
  if (isRestic(given)) return resticPlaceAt(given, resolve);
  if (!isRemote(given)) {
    refuseElsewhere(given);
    return resolve(given);
  }
  const place = given.replace(/\/$/, "");
  parsePlace(place);
  return place;
}
