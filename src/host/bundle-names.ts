import { hostile, shown, UNSEEN } from "./tar-fault.ts";

const MOST_PATH_BYTES = 1024;
const MOST_NAME_BYTES = 255;

/**
 * A name from a bundle, relative to where the bundle lies: no `./` in front, no slash at the end, empty for the top itself.
 *
 * @throws ArchiveFault hostile when it could lead elsewhere, or shows as something else than it is
 */
export function cleanPath(path: string): string {
  if (path === "." || path === "./") return "";
  const inner = path.replace(/^\.\//, "").replace(/\/$/, "");
  const refuse = (why: string) => hostile(`the name ${shown(path)} ${why}`);
  if (path === "") throw refuse("is empty");
  if (path.startsWith("/")) throw refuse("is absolute");
  if (UNSEEN.test(path)) throw refuse("has characters in it that cannot be seen");
  if (path.includes("\\") || /^[A-Za-z]:/.test(inner)) throw refuse("is a Windows path");
  for (const name of inner.split("/")) {
    if (name === "..") throw refuse("leads out of the folder that it is in");
    if (name === "" || name === ".") throw refuse("is written so that programs read it differently");
    if (Buffer.byteLength(name) > MOST_NAME_BYTES) throw refuse(`is longer than ${MOST_NAME_BYTES} bytes`);
  }
  if (Buffer.byteLength(inner) > MOST_PATH_BYTES) throw refuse(`is longer than ${MOST_PATH_BYTES} bytes`);
  return inner;
}

/**
 * Where a symbolic link leads, relative to the same place as its own path; empty for the top.
 *
 * `..` is allowed in front alone. A link's own folder is a real one, so what goes up first and then only down stays
 * inside even when it passes over other links, as long as each of those does: `a/b/up -> ../..` and then
 * `out -> a/b/up/../x` is how a target that looks harmless leaves.
 *
 * @throws ArchiveFault hostile
 */
export function linkDestination(path: string, target: string): string {
  const refuse = (why: string) => hostile(`the link ${shown(path)} to ${shown(target)} ${why}`);
  if (target === "") throw refuse("leads nowhere");
  if (target.startsWith("/")) throw refuse("is absolute");
  if (UNSEEN.test(target)) throw refuse("has characters in it that cannot be seen");
  if (target.includes("\\") || /^[A-Za-z]:/.test(target)) throw refuse("is a Windows path");
  if (Buffer.byteLength(target) > MOST_PATH_BYTES) throw refuse(`is longer than ${MOST_PATH_BYTES} bytes`);
  const place = path.split("/").slice(0, -1);
  let down = false;
  for (const name of target.replace(/\/$/, "").split("/")) {
    if (name === "") throw refuse("is written so that programs read it differently");
    if (name === ".") continue;
    if (name !== "..") {
      down = true;
      place.push(name);
    } else if (down) throw refuse("goes down and up again");
    else if (place.pop() === undefined) throw refuse("leads out of the bundle");
  }
  return place.join("/");
}

/** The same for two names that a file system without regard to case or to Unicode's forms takes for one. */
export const collisionKey = (path: string): string =>
  PLAIN.test(path) ? path.toLowerCase() : path.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");

const PLAIN = /^[\x20-\x7e]*$/;
