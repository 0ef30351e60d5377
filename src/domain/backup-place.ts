import { OperatorError } from "../errors.ts";
import { show } from "./names.ts";

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

/** Whether it is on another machine. */
export const isRemote = (place: string): boolean => place.startsWith(SCHEME);

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

const withoutPassword = (place: string): string => place.replace(/^(ssh:\/\/[^/@:]*):[^@]*@/, "$1:...@");

/** A file of a folder, wherever that is. */
export const beneath = (folder: string, name: string): string => `${folder === "/" ? "" : folder}/${name}`;

/** Where something lies: a path of this machine made absolute, or a place on another one, without a slash at its end. */
export function placeAt(given: string, resolve: (path: string) => string): string {
  if (!isRemote(given)) return resolve(given);
  const place = given.replace(/\/$/, "");
  parsePlace(place);
  return place;
}
