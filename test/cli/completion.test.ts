import { describe, expect, it } from "vitest";
import { candidates, completeLines } from "../../src/cli/completion.ts";
import type { Sight } from "../../src/cli/completion-names.ts";
import { bashWord, splitLine } from "../../src/cli/completion-words.ts";
import { COMMANDS } from "../../src/cli/surface/index.ts";

const HOME = "/srv/graphistry";
const FILES: Readonly<Record<string, string>> = {
  [`${HOME}/.graph-mgr/instances/v2.22.2.json`]: JSON.stringify({ services: ["caddy", "postgres"] }),
  [`${HOME}/.graph-mgr/instances/v2.22.2-training.json`]: "{",
  [`${HOME}/.graph-mgr/backups/9.json`]: "",
  [`${HOME}/.graph-mgr/backups/10.json`]: "",
  [`${HOME}/.graph-mgr/operations/20261120T101500Z-install-3f9a00/plan.json`]: "",
  [`${HOME}/backups/9-v2.22.2-20261120T101500Z.tar`]: "",
  [`${HOME}/current/VERSION`]: "",
  [`${HOME}/graphistry-v2.23.0.tar.gz`]: "",
  "/work here/my bundle: v1.tar": "",
  "/work here/containers.tar": "",
  "/work here/-odd.tar": "",
  "/work here/notes.txt": "",
  "/work here/line\nbreak.tar": "",
  "/work here/sub/inner.tgz": "",
  "/work here/.hidden.tar": "",
  "/home/ann/own.tar": "",
};
const sight: Sight = {
  cwd: "/work here",
  userHome: "/home/ann",
  variable: HOME,
  list: folder => {
    const below = Object.keys(FILES).filter(path => path.startsWith(folder === "/" ? "/" : `${folder}/`));
    const names = [...new Set(below.map(path => path.slice(folder === "/" ? 1 : folder.length + 1).split("/")[0]!))];
    return names.length === 0
      ? null
      : names.map(name => ({ name, isFolder: FILES[folder === "/" ? `/${name}` : `${folder}/${name}`] === undefined }));
  },
  read: path => FILES[path] ?? null,
};

const values = async (line: string, over: Partial<Sight> = {}): Promise<readonly string[]> => {
  const { words, current } = splitLine(line, "");
  return (await candidates(words, current.text, { ...sight, ...over })).map(({ value }) => value);
};
const bash = async (line: string): Promise<readonly string[]> =>
  await completeLines(["bash", `graph-mgr ${line}`, " \t\n\"'@><=;|&(:"], sight);

describe("completion", () => {
  it("offers every command that people type, with what it does", async () => {
    expect(await values("")).toEqual(COMMANDS.map(({ name }) => name).filter(name => name !== "receive"));
    expect(await values("re")).toEqual(["restart", "remove", "resume"]);
    expect(await completeLines(["zsh", "laun"], sight)).toEqual(["launch\tStart an instance and wait until it is healthy"]);
  });

  it("offers the options of the command, and none that was given and stands once", async () => {
    expect(await values("launch --")).toEqual(
      expect.arrayContaining(["--although-moved", "--unless-stopped", "--home", "--no-input"]),
    );
    expect(await values("launch --unless-stopped --u")).toEqual([]);
    expect(await values("install --port web:80=81 --po")).toEqual(["--port"]);
    expect(await values("install --no-l")).toEqual(["--no-launch"]);
    expect(await values("launch --data")).toEqual([]);
  });

  it("offers the values of an option, behind a space or a sign of equality", async () => {
    expect(await values("copy --data ")).toEqual(["dump", "copy", "none"]);
    expect(await values("copy --data=d")).toEqual(["--data=dump"]);
    expect(await values("update --from v2.22.2-")).toEqual(["v2.22.2-training"]);
    expect(await values("copy --name ")).toEqual([]);
    expect(await values("remove v2.22.2 --volumes --confirm ")).toEqual([]);
  });

  it("offers instances, backups, services, operations and the words of a command by what lies in the home", async () => {
    expect(await values("status ")).toEqual(["v2.22.2", "v2.22.2-training", "current"]);
    expect(await values("--json status v2.22.2-")).toEqual(["v2.22.2-training"]);
    expect(await values("backup ")).toEqual(["create", "list", "verify", "restore", "prune", "schedule", "nightly"]);
    expect(await values("backup create v2.22.2-")).toEqual(["v2.22.2-training"]);
    expect((await values("backup restore ")).slice(0, 2)).toEqual(["10", "9"]);
    expect(await completeLines(["fish", "backup", "verify", "9"], sight)).toEqual(["9\t9-v2.22.2-20261120T101500Z.tar"]);
    expect(await values("logs v2.22.2 ")).toEqual(["caddy", "postgres"]);
    expect(await values("logs v2.22.2 caddy po")).toEqual(["postgres"]);
    expect(await values("logs v2.22.2-training ")).toEqual([]);
    expect(await values("operations show 2026")).toEqual(["20261120T101500Z-install-3f9a00"]);
    expect(await values("boot ")).toEqual(["enable", "disable"]);
    expect(await values("compose v2.22.2 -- ")).toEqual([]);
  });

  it("offers bundles here and in the home, and folders that may have some", async () => {
    expect(await values("install ")).toEqual(["my bundle: v1.tar", "./-odd.tar", `${HOME}/graphistry-v2.23.0.tar.gz`, "sub/"]);
    expect(await values("install sub/")).toEqual(["sub/inner.tgz"]);
    expect(await values("update ~/o")).toEqual(["~/own.tar"]);
    expect(await values("install .h")).toEqual([".hidden.tar"]);
    expect(await values("import no")).toEqual(["notes.txt"]);
  });

  it("looks into the home that is named on the line, else the nearest", async () => {
    const own = { variable: undefined };
    expect(await values("status ", own)).toEqual([]);
    expect(await values(`status --home ${HOME} v2.22.2-`, own)).toEqual(["v2.22.2-training"]);
    expect(await values(`--home=${HOME} status v2.22.2-`, own)).toEqual(["v2.22.2-training"]);
    expect(await values("status v2.22.2-", { ...own, cwd: `${HOME}/backups` })).toEqual(["v2.22.2-training"]);
  });

  it("F52 never offers what would be two lines", async () => {
    expect(sight.list("/work here")?.map(({ name }) => name)).toContain("line\nbreak.tar");
    expect(await values("install li")).toEqual([]);
  });
});

describe("words for bash", () => {
  it("are read as bash reads them", () => {
    const words = (line: string) => {
      const { words: found, current } = splitLine(line, ":=");
      return [...found, [current.text, current.quote, current.fixed]];
    };
    expect(words("graph-mgr  st")).toEqual(["graph-mgr", ["st", "", 0]]);
    expect(words('a \'b c\' "d \\" e" f\\ g ')).toEqual(["a", "b c", 'd " e', "f g", ["", "", 0]]);
    expect(words("a '' \"")).toEqual(["a", "", ["", '"', 0]]);
    expect(words("a --to='b c")).toEqual(["a", ["--to=b c", "'", 5]]);
    expect(words("a web:80=8")).toEqual(["a", ["web:80=8", "", 7]]);
    expect(words("a web\\:8")).toEqual(["a", ["web:8", "", 0]]);
    expect(words("a 'b:c'd")).toEqual(["a", ["b:cd", "", 0]]);
  });

  it("F76 are put back so that bash reads the name, and no command of its own", async () => {
    expect(await bash("install my")).toEqual(["my\\ bundle:\\ v1.tar"]);
    expect(await bash("install my\\ bundle:")).toEqual(["\\ v1.tar"]);
    expect(await bash('install "my')).toEqual(["my bundle: v1.tar"]);
    expect(await bash("copy --data=d")).toEqual(["dump"]);
    const typed = (quote: "" | "'" | '"') => ({ text: "", quote, fixed: 0 });
    const evil = "a $(touch x) `y` \"z\" 'w' \\ ;&|<>*é";
    for (const quote of ["", "'", '"'] as const) {
      const { current } = splitLine(`${quote}${bashWord(evil, typed(quote))}`, "");
      expect([quote, current.text]).toEqual([quote, evil]);
    }
    expect(bashWord("a $(x)", typed(""))).toBe("a\\ \\$\\(x\\)");
    expect(bashWord("a $(x)", typed('"'))).toBe("a \\$(x)");
  });

  it("begin behind settings of the environment", async () => {
    expect(await completeLines(["bash", "A=1 graph-mgr laun", ""], sight)).toEqual(["launch"]);
  });
});
