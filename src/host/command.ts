import { shellWord } from "../domain/shell-word.ts";

/** A program to run, as data: built by pure functions, carried out by one executor, comparable whole in tests. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the child's environment, which otherwise holds only what `childEnvironment` lets through. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export const docker = (...args: readonly string[]): Command => ({ program: "docker", args });

/**
 * A program in a running container. Values of the environment reach it by the client's own environment, so that no list of arguments shows them.
 * @param hasTerminal whether both ends are one
 */
export const enterContainer = (
  container: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  hasTerminal: boolean,
): Command => ({
  ...docker(
    "exec",
    "--interactive",
    ...(hasTerminal ? ["--tty"] : []),
    ...Object.keys(environment).map(key => `--env=${key}`),
    container,
    ...words,
  ),
  env: environment,
});

/**
 * What a child may see of our own environment. Compose prefers the shell's variables to those of `.env`, so a stray
 * `POSTGRES_PASSWORD` or `COMPOSE_FILE` in the operator's shell would change the product.
 */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|TERM|TMPDIR|LANG|SSH_AUTH_SOCK|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY|TLS|API_VERSION)|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$/;

export function childEnvironment(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(own)) if (value !== undefined && PASSED_ON.test(key)) kept[key] = value;
  // Messages are matched in a few places, so they must not be translated.
  return { ...kept, LC_ALL: "C.UTF-8" };
}

/** As one could paste it into a shell. */
export function showCommand({ program, args }: Command): string {
  return [program, ...args].map(shellWord).join(" ");
}
