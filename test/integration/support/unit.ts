import { execa } from "execa";

/** What systemd makes of a line of words (systemd.syntax, systemd.service). */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll(/\\(["\\])/g, "$1") ?? plain ?? "").replaceAll("%%", "%").replaceAll("$$", "$"),
  );

export function environmentOf(text: string): Readonly<Record<string, string>> {
  const settings = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = ""]) => wordsOf(line));
  return Object.fromEntries(settings.map(each => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]));
}

/** Runs a service as systemd does: with the unit's environment, and nothing else. */
export async function runUnit(text: string) {
  const [program = "", ...args] = wordsOf(/^ExecStart=(.*)$/m.exec(text)?.[1] ?? "");
  return await execa(program, args, { reject: false, stdin: "ignore", extendEnv: false, env: environmentOf(text) });
}
