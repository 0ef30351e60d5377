import { OperatorError } from "../errors.ts";
import { show } from "./names.ts";
import { parseSshTarget, type SshTarget } from "./ssh-target.ts";

const SCHEME = "restic:";
/** What restic calls its backends; whatever begins otherwise is a folder of this machine. */
const BACKEND = /^(?:sftp|rest|s3|b2|azure|gs|swift|rclone):/;
/** `sftp:[user@]host:folder`, or `sftp://[user@]host[:port]/folder`. */
const SFTP = /^sftp:(?:\/\/([^/]+)\/.|([^/:[\]]+|\[[^\]]*\]):.)/;

const HINT = "restic:/srv/repository, restic:sftp:user@host:/srv/repository, restic:s3:https://host/bucket";

/** Whether it is in a repository of restic. */
export const isRestic = (place: string): boolean => place.startsWith(SCHEME);

/**
 * A repository, or an archive in one, as restic takes it behind `restic:`; a folder of this machine is made absolute. No slash at its end.
 * @throws OperatorError BAD_PLACE, and USAGE for a machine that ssh could not reach
 */
export function resticPlaceAt(given: string, resolve: (path: string) => string): string {
  const asked = given.slice(SCHEME.length).replace(/^local:/, "");
  const refuse = (what: string, hint = HINT): never => {
    throw new OperatorError("BAD_PLACE", `${show(withoutPassword(given))} ${what}.`, { hint });
  };
  if (/:\/\/[^/]*:[^/]*@/.test(asked))
    // It would stand in the list of processes, in plans and in units that everybody can read.
    refuse(
      "holds a password, which has no place there",
      "RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD in the environment (restic 0.16.1 or newer), or another backend",
    );
  const place = `${SCHEME}${BACKEND.test(asked) || asked === "" ? asked : resolve(asked)}`.replace(/\/+$/, "");
  if (place === SCHEME || /\p{Cc}/u.test(place)) refuse("is no repository of restic");
  if (asked.startsWith("sftp:")) sftpTarget(place) ?? refuse("names no machine and folder");
  return place;
}

/** Of what stands between `//` and `@`. */
const withoutPassword = (place: string): string => place.replace(/(:\/\/[^/:@]*):[^/]*@/, "$1:...@");

/** What restic calls the repository that an archive or a place is in, and the archive's name. */
export function resticParts(path: string): { readonly repository: string; readonly name: string } {
  const at = path.lastIndexOf("/");
  return { repository: path.slice(SCHEME.length, at), name: path.slice(at + 1) };
}

/** What restic calls the repository. @param place the repository, no archive */
export const repositoryAt = (place: string): string => place.slice(SCHEME.length);

/** The folder of this machine that a repository is; null for one that is elsewhere. */
export function resticFolder(place: string): string | null {
  const repository = repositoryAt(place);
  return BACKEND.test(repository) ? null : repository;
}

/** The machine that restic reaches by ssh; null for other backends. @throws OperatorError USAGE */
export function sftpTarget(place: string): SshTarget | null {
  const [, url, plain] = SFTP.exec(repositoryAt(place)) ?? [];
  const target = url ?? plain;
  return target === undefined ? null : parseSshTarget(target);
}
