import { createHash, randomBytes } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { OperatorError } from "../errors.ts";
import { type Command, docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import { type LookedAtImage, lookAtImage } from "./image-look.ts";
import { mountOption } from "./mount-option.ts";

/** Whose work a helper does; stands on it as labels, so that what a killed run left can be told apart and removed. */
export interface HelperScope {
  /** Absolute path of the home. */
  readonly home: string;
  /** Null for a mere look, which is never swept while it runs: other commands look while an operation is at work. */
  readonly operation: string | null;
}

/** Labels of helper containers. Nothing else that graph-mgr creates may carry `helper`. */
export const HELPER_LABELS = {
  home: "graph-mgr.home",
  operation: "graph-mgr.operation",
  helper: "graph-mgr.helper",
} as const;

/** One piece of work inside a container that ends with it. */
export interface Helper {
  /** What it is for, in a word: becomes its label. */
  readonly purpose: string;
  /** For the operator, when it fails: `Copying the volume a`. */
  readonly title: string;
  /** Two helpers that write to one thing must not run at once: what they write to, so that they get the same name and Docker refuses the second. */
  readonly writesTo?: string;
  readonly image: string;
  /** POSIX sh, a fixed text: what varies comes as arguments and environment. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Not for secrets: `docker inspect` shows it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly volumes?: readonly { readonly name: string; readonly at: string; readonly writable: boolean }[];
  /** Folders of this machine; they must exist. */
  readonly folders?: readonly { readonly path: string; readonly at: string; readonly writable: boolean }[];
  /** The running container whose network it joins; without one it has no network at all. */
  readonly joins?: string;
  /** `uid:gid`; root unless given. */
  readonly user?: string;
  /** What it may do beyond its own files; nothing unless given. */
  readonly capabilities?: readonly string[];
  /** Handed over standard input, found by the script as PGPASSWORD. One line. */
  readonly password?: string;
  /** Its standard input is what it works on, and ends it: then it needs no other line to us. */
  readonly isFed?: boolean;
}

export interface Helpers {
  /** Standard output. @throws OperatorError NO_IMAGE, NO_VOLUME, COMMAND_FAILED with the last lines of standard error */
  run(helper: Helper, onLine?: (line: string) => void): Promise<string>;
}

/** Work on more than can be held. */
export interface HelperStreams extends Helpers {
  /** Standard output, as it comes and never held; it ends when nobody reads any more. @throws as `run` */
  pipe(helper: Helper): AsyncGenerator<Buffer>;
  /** The same as `run` with a stream for its standard input. An end that comes too early is the script's to notice. */
  feed(helper: Helper, source: Readable): Promise<string>;
}

/**
 * The first process of every helper. Its standard input is a pipe that graph-mgr holds open: when graph-mgr dies, however it
 * dies, the pipe closes, this process ends, and with it the container and everything in it.
 */
export const LIFELINE = `trap 'exit 143' TERM INT HUP
exec 3<&0
if [ -n "\${PASSWORD_FOLLOWS-}" ]; then IFS= read -r PGPASSWORD; export PGPASSWORD; fi
"$@" </dev/null 3<&- & work=$!
{ cat <&3 >/dev/null; kill -TERM 1; } &
wait "$work"`;

const short = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

const slug = (text: string): string => text.replace(/[^A-Za-z0-9_.-]+/g, "-");

/**
 * The container's command line: no network, no rights, nothing writable but what the work needs.
 * @param name of the container
 * @param image `id`, and the paths for which it would get a volume of its own, which is made an empty scratch instead
 */
export function helperRun(helper: Helper, scope: HelperScope, name: string, image: LookedAtImage): Command {
  const mounted = [...(helper.volumes ?? []), ...(helper.folders ?? [])].map(each => each.at);
  return docker(
    "run",
    "--rm",
    "--interactive",
    `--name=${name}`,
    `--label=${HELPER_LABELS.home}=${scope.home}`,
    `--label=${HELPER_LABELS.operation}=${scope.operation ?? ""}`,
    `--label=${HELPER_LABELS.helper}=${helper.purpose}`,
    "--pull=never",
    `--network=${helper.joins === undefined ? "none" : `container:${helper.joins}`}`,
    `--user=${helper.user ?? "0:0"}`,
    "--read-only",
    "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=512m,mode=1777",
    "--cap-drop=ALL",
    ...(helper.capabilities ?? []).map(each => `--cap-add=${each}`),
    "--security-opt=no-new-privileges",
    "--pids-limit=256",
    "--memory=2g",
    "--log-driver=none",
    "--no-healthcheck",
    "--workdir=/",
    ...Object.entries(helper.env ?? {}).map(([key, value]) => `--env=${key}=${value}`),
    ...(helper.password === undefined ? [] : ["--env=PASSWORD_FOLLOWS=1"]),
    ...image.volumePaths.filter(path => !mounted.includes(path)).map(path => `--tmpfs=${path}:rw,noexec,nosuid,nodev,size=1m`),
    // Without `volume-nocopy` an empty volume would receive what the image has at that path.
    ...(helper.volumes ?? []).map(each => `--mount=${mountOption("volume", each.name, each.at, each.writable, "volume-nocopy")}`),
    ...(helper.folders ?? []).map(each => `--mount=${mountOption("bind", each.path, each.at, each.writable)}`),
    "--entrypoint=sh",
    image.id,
    "-c",
    ...(helper.isFed ? [] : [LIFELINE, "helper", "sh", "-c"]),
    helper.script,
    helper.purpose,
    ...(helper.args ?? []),
  );
}

/** @param scope asked at each run, because one engine serves many operations */
export function createHelpers(executor: Executor, scope: () => HelperScope): HelperStreams {
  const images = new Map<string, Promise<LookedAtImage>>();
  const imageOf = (reference: string) => {
    // An id always names the same image, a tag does not.
    if (!reference.startsWith("sha256:")) return lookAtImage(executor, reference);
    const known = images.get(reference) ?? lookAtImage(executor, reference);
    images.set(reference, known);
    known.catch(() => images.delete(reference));
    return known;
  };
  const mustExist = async (name: string): Promise<void> => {
    await executor.run(docker("volume", "inspect", "--format", "{{.Name}}", "--", name)).catch(error => {
      if (!(error instanceof OperatorError) || !/no such volume/i.test(error.message)) throw error;
      throw new OperatorError("NO_VOLUME", `There is no volume ${name}.`, {
        hint: "`docker volume ls` shows them",
        cause: error,
      });
    });
  };
  const prepare = async (helper: Helper) => {
    // Docker would create a volume that is not there, and the work would be done on nothing.
    await Promise.all((helper.volumes ?? []).map(each => mustExist(each.name)));
    const image = await imageOf(helper.image);
    const own = scope();
    const last = helper.writesTo === undefined ? randomBytes(6).toString("hex") : short(helper.writesTo);
    const name = ["graph-mgr", slug(own.operation ?? "look"), slug(helper.purpose), last].join("-");
    return { name, command: helperRun(helper, own, name, image) };
  };
  return {
    async *pipe(helper) {
      const { name, command } = await prepare(helper);
      const lifeline = new PassThrough();
      let isWhole = false;
      try {
        yield* executor.pipe(command, lifeline);
        isWhole = true;
      } catch (error) {
        throw plainly(helper, error);
      } finally {
        lifeline.end();
        // Also when nobody read on.
        if (!isWhole) await executor.run(docker("rm", "--force", "--", name)).catch(() => undefined);
      }
    },
    async feed(helper, source) {
      const { name, command } = await prepare({ ...helper, isFed: true });
      try {
        return await executor.feed(command, source);
      } catch (error) {
        await removeFailed(executor, name, error);
        throw plainly(helper, error);
      }
    },
    async run(helper, onLine) {
      if (/[\r\n]/.test(helper.password ?? "")) {
        throw new OperatorError("DATABASE_LOGIN", "The database password has a line break in it, which Postgres does not take.");
      }
      const { name, command } = await prepare(helper);
      const input = new PassThrough();
      if (helper.password !== undefined) input.write(`${helper.password}\n`);
      try {
        return await executor.feed(command, input, {
          maxOutputBytes: 256 * 1024 * 1024,
          secrets: helper.password === undefined ? [] : [helper.password],
          ...(onLine === undefined ? {} : { onLine }),
        });
      } catch (error) {
        await removeFailed(executor, name, error);
        throw plainly(helper, error);
      }
    },
  };
}

/** When the command line client went away first, the container may be there for a moment still, or may never have been started. */
async function removeFailed(executor: Executor, name: string, error: unknown): Promise<void> {
  // The name belongs to a helper that is at work: leave it alone.
  if (error instanceof OperatorError && /is already in use by container/.test(error.message)) return;
  await executor.run(docker("rm", "--force", "--", name)).catch(() => undefined);
}

/** "Copying the volume a failed: cp: ..." instead of forty flags of `docker run`. */
function plainly(helper: Helper, error: unknown): unknown {
  if (!(error instanceof OperatorError) || error.code !== "COMMAND_FAILED") return error;
  const said = /` (?:ended with [^:]*: |printed more|did not end)([\s\S]*)$/.exec(error.message)?.[1] ?? error.message;
  if (/is already in use by container/.test(said)) {
    return new OperatorError("COMMAND_FAILED", `${helper.title} is already under way in another helper container.`, {
      hint: "wait for it, or run the command again when it is gone",
      cause: error.cause,
    });
  }
  return new OperatorError("COMMAND_FAILED", `${helper.title} failed: ${said}`, { cause: error.cause });
}
