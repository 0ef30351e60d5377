import { describe, expect, it } from "vitest";
import { type Arguments, readArguments } from "../../src/cli/arguments.ts";
import { meantCommand } from "../../src/cli/meant-command.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/surface/globals.ts";
import { COMMANDS } from "../../src/cli/surface/index.ts";
import { OperatorError } from "../../src/errors.ts";

function run(...argv: readonly string[]): Arguments {
  const wanted = readArguments(argv);
  if (wanted.what !== "run") throw new Error(`it was read as ${wanted.what}`);
  return wanted.arguments;
}

/** The refusal of a command line, as an operator reads it. */
function refusal(...argv: readonly string[]): string {
  try {
    readArguments(argv);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    expect([error.code, error.exit]).toEqual(["USAGE", 2]);
    return `${error.message} Try: ${error.hint}`;
  }
  throw new Error("it was taken");
}

describe("a command line", () => {
  it("is read into positionals, texts, lists and flags", () => {
    const args = run("install", "a.tar", "--set", "A=1", "--set", "B=x=y", "--http-port=8080", "--no-launch", "-yn");
    expect([args.command.name, args.at(0), args.at(1)]).toEqual(["install", "a.tar", undefined]);
    expect(args.list("set")).toEqual(["A=1", "B=x=y"]);
    expect(args.list("port")).toEqual([]);
    expect(args.text("http-port")).toBe("8080");
    expect([args.flag("launch"), args.flag("yes"), args.flag("dry-run"), args.flag("json"), args.flag("input")]).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
    expect([args.isGiven("name"), args.isGiven("launch")]).toEqual([false, true]);
  });

  it("keeps what stands behind a repeated option for the command", () => {
    const args = run("copy", "--port", "web:80=8080", "--port", "web:443=8443", "v1.0.0");
    expect([args.list("port"), args.at(0)]).toEqual([["web:80=8080", "web:443=8443"], "v1.0.0"]);
  });

  it("takes --acknowledge with a version or bare, whatever follows it", () => {
    const given = (...argv: readonly string[]) => {
      const args = run("update", ...argv);
      return [args.list("acknowledge"), args.at(0), args.flag("yes")];
    };
    expect(given("a.tar", "--acknowledge", "v2.24.9", "--yes")).toEqual([["v2.24.9"], "a.tar", true]);
    expect(given("a.tar", "--acknowledge=2.24.9", "--acknowledge", "v3")).toEqual([["2.24.9", "v3"], "a.tar", false]);
    expect(given("a.tar", "--yes", "--acknowledge")).toEqual([[""], "a.tar", true]);
    expect(given("--acknowledge", "a.tar", "--yes")).toEqual([[""], "a.tar", true]);
    expect(given("--acknowledge", "--yes", "a.tar")).toEqual([[""], "a.tar", true]);
    expect(given("--acknowledge", "--", "a.tar")).toEqual([[""], "a.tar", false]);
    expect(run("compose", "v1.0.0", "--", "--acknowledge").passedOn).toEqual(["--acknowledge"]);
  });

  it("takes numbers and names as they were typed", () => {
    const args = run("logs", "007", "1e3", "--tail", "010");
    expect([args.at(0), args.from(1), args.text("tail")]).toEqual(["007", ["1e3"], "010"]);
  });

  it("passes on what stands behind -- to docker compose, and to nobody else", () => {
    const args = run("compose", "v1.0.0", "--yes", "--", "exec", "-T", "web", "sh", "--json");
    expect([args.at(0), args.passedOn]).toEqual(["v1.0.0", ["exec", "-T", "web", "sh", "--json"]]);
    expect([args.flag("json"), args.flag("yes")]).toEqual([false, true]);
    expect(run("logs", "v1.0.0", "--", "web").from(0)).toEqual(["v1.0.0", "web"]);
  });

  it("knows aliases, help, the version and nothing at all", () => {
    expect(run("ls").command.name).toBe("list");
    expect(readArguments(["install", "-h"])).toMatchObject({ what: "help", command: { name: "install" } });
    expect(readArguments(["help", "copy"])).toMatchObject({ what: "help", command: { name: "copy" } });
    expect(readArguments(["--version"])).toEqual({ what: "version" });
    expect(readArguments([])).toEqual({ what: "nothing" });
    expect(readArguments(["--json"])).toEqual({ what: "nothing" });
  });
});

describe("what is not understood is refused, with what was probably meant", () => {
  it.each([
    [["instal"], 'There is no command "instal". Try: graph-mgr install   (did you mean that?)'],
    [["stauts"], 'There is no command "stauts". Try: graph-mgr status   (did you mean that?)'],
    [["oper"], 'There is no command "oper". Try: graph-mgr operations   (did you mean that?)'],
    // What is near is `restart`, which would take down what somebody wants back.
    [["restore"], 'There is no command "restore" by itself. Try: graph-mgr backup restore   (or graph-mgr postgres restore)'],
    [["uninstall"], 'There is no command "uninstall". Try: graph-mgr remove   (did you mean that?)'],
    [["move"], 'There is no command "move". Try: graph-mgr migrate   (did you mean that?)'],
    [["Start"], 'There is no command "Start". Try: graph-mgr launch   (did you mean that?)'],
    [["ports"], 'There is no command "ports". Try: graph-mgr list   (also tells the ports)'],
    [["psql"], 'There is no command "psql". Try: graph-mgr postgres shell   (did you mean that?)'],
    [["set"], 'There is no command "set" by itself. Try: graph-mgr config set'],
    [["frobnicate"], 'There is no command "frobnicate". Try: graph-mgr --help'],
    [["help", "instal"], 'There is no command "instal". Try: graph-mgr install   (did you mean that?)'],
    [["install", "--htp-port", "8080"], "`install` has no option --htp-port. Try: --http-port   (did you mean that?)"],
    [["install", "--no-lanch"], "`install` has no option --no-lanch. Try: --no-launch   (did you mean that?)"],
    [["install", "-name", "x"], "`install` has no option -name. Try: --name   (did you mean that?)"],
    [["install", "-x"], "`install` has no option -x. Try: graph-mgr install --help"],
    [["list", "--follow"], "`list` has no option --follow; logs has. Try: graph-mgr list --help"],
    [["launch", "--volumes"], "`launch` has no option --volumes; remove, prune have. Try: graph-mgr launch --help"],
    [["--bogus"], "There is no option --bogus. Try: graph-mgr --help"],
    [["list", "--__proto__", "1"], "`list` has no option --___proto___. Try: graph-mgr list --help"],
    [["install", "--set.A", "1"], "`install` has no option --set.A. Try: graph-mgr install --help"],
    [["install", "a", "b"], '`install` does not know what to do with "b". Try: graph-mgr install [BUNDLE]'],
    [["list", "x"], '`list` does not know what to do with "x". Try: graph-mgr list'],
    [["stop", "a", "--", "b"], '`stop` does not know what to do with "b". Try: graph-mgr stop [INSTANCE]'],
    [["compose", "v1", "ps"], '`compose` does not know what to do with "ps". Try: graph-mgr compose v1 -- ps'],
    [["remove"], "`remove` needs to know which instance. Try: graph-mgr remove INSTANCE"],
    [["remove", ""], "`remove` needs to know which instance. Try: graph-mgr remove INSTANCE"],
    [["stop", ""], "`stop` was given an empty instance. Try: graph-mgr stop [INSTANCE]"],
    [["config", "set", ""], "`config` was given an empty word. Try: graph-mgr config ACTION [WORDS...]"],
    [["install", "--name"], "--name needs a value. Try: --name NAME"],
    [["install", "--name", "--yes"], "--name needs a value. Try: --name NAME"],
    [["install", "--home", ""], "--home needs a value. Try: --home DIR"],
    [["install", "--set"], "--set needs a value. Try: --set KEY=VALUE"],
    [["install", "--name", "a", "--name", "b"], "--name was given 2 times; it takes one value. Try: --name NAME"],
    [["install", "--no-name"], "There is no option --no-name. Try: --name NAME"],
    [["install", "--dry-run=yes"], "--dry-run takes no value. Try: --dry-run"],
    [["install", "-n=0"], "-n takes no value. Try: -n"],
    [["install", "--no-launch=1"], "--no-launch takes no value. Try: --no-launch"],
    [["copy", "--data", "all"], '--data takes dump or copy or none, not "all". Try: --data dump or --data copy or --data none'],
  ])("%j", (argv, text) => {
    expect(refusal(...argv)).toBe(text);
  });
});

it("gives no option two meanings, because one parser reads them all", () => {
  const all = [...COMMANDS.flatMap(({ options }) => options), ...GLOBAL_OPTIONS];
  for (const option of all) {
    for (const other of all.filter(({ name }) => name === option.name))
      expect([other.kind, other.choices, other.short], option.name).toEqual([option.kind, option.choices, option.short]);
  }
});

it("leads nobody by another tool's word to what is none of its commands", () => {
  for (const word of ["start", "up", "down", "delete", "move", "upgrade", "backups", "exec", "images", "env", "history"]) {
    const { hint } = meantCommand(word);
    const [, command = "", action = ""] = /^graph-mgr (\S+) ?([a-z]*)/.exec(hint) ?? [];
    const spec = COMMANDS.find(({ name }) => name === command);
    expect(spec, hint).toBeDefined();
    const [first] = spec?.positionals ?? [];
    if (action !== "" && first?.choices) expect(first.choices).toContain(action);
  }
});
