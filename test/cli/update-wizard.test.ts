import { expect, it } from "vitest";
import { BACK, type SelectQuestion } from "../../src/cli/ask.ts";
import type { Session } from "../../src/cli/session.ts";
import type { UpdateMaking } from "../../src/cli/update-making.ts";
import { type UpdateAnswers, updateWizard, windowWizard } from "../../src/cli/wizards/update.ts";
import type { Conflict } from "../../src/domain/merge-result.ts";
import { OperatorError } from "../../src/errors.ts";
import type { Plan } from "../../src/plan/plan.ts";

const conflict = (name: string, over: Partial<Conflict> = {}): Conflict => ({
  name,
  file: name,
  kind: "text",
  say: "You and the vendor changed one place of it, each in another way.",
  mine: "a\nmine\n",
  theirs: "a\ntheirs\n",
  diff: [],
  ...over,
});
const KEY = conflict(".env:LOG_LEVEL", { file: ".env", kind: "key", mine: null, theirs: "DEBUG" });
const TEXT = conflict("Caddyfile", { file: "data/config/Caddyfile" });
const DRAFT = "a\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> the vendor's\n";

const GIVEN = {
  bundle: undefined,
  bundles: [],
  from: undefined,
  release: undefined,
  postgres: undefined,
  viaPath: false,
  resolve: [],
  shareBind: [],
  acknowledge: [],
  healthTimeoutSeconds: undefined,
  prepare: false,
  backup: false,
  onFailure: undefined,
  contents: null,
  resolutions: {},
  edited: {},
  preparing: null,
  plan: null,
} satisfies UpdateAnswers;

const server = {
  version: "15.4",
  major: 15,
  architecture: "x86_64",
  libc: { name: "glibc", version: "2.36" },
  icu: null,
  databases: [],
  tablespaces: [],
  checksums: false,
};

interface Host {
  readonly conflicts?: readonly Conflict[];
  readonly instructions?: readonly { readonly release: string; readonly text: string }[];
  readonly toLoad?: readonly unknown[];
  readonly next?: unknown;
  readonly bundles?: readonly unknown[];
}

function makingOf({ conflicts = [], instructions = [], toLoad = [], next = server, bundles = [] }: Host = {}) {
  const plans: string[] = [];
  const plan = (operation: string) => async (state: UpdateAnswers) => {
    plans.push(`${operation} ${JSON.stringify(state.resolutions)} ${state.postgres}`);
    return { operation, summary: `the plan to ${operation}`, steps: [], notes: [] } as unknown as Plan;
  };
  const making = {
    source: { name: "v2.22.2" },
    bundles: async () => bundles,
    read: async (word: string) => {
      if (word.includes("bad")) throw new OperatorError("NO_BUNDLE", `${word} is none.`, { hint: "another" });
      return { source: { path: word } };
    },
    look: async ({ resolutions }: UpdateAnswers) => [
      {
        texts: {},
        drafts: { Caddyfile: DRAFT },
        facts: {
          path: { from: "v2.22.2", to: "v2.23.0", available: [{ release: "v2.23.0", requires: null }], rules: [] },
          instructions,
          merge: { conflicts: conflicts.filter(({ name }) => !(name in resolutions)) },
          images: { toLoad },
          // A stopped server: nothing of its own stands against a method.
          database: { old: null, oldImage: server, next },
          databaseVolumeBytes: 100e6,
          treeBytes: 0,
          product: { health: { timeoutSeconds: 60, windowSeconds: 2 } },
          inner: ["nexus"],
        },
      },
    ],
    preparePlan: plan("prepare"),
    windowPlan: async (state: UpdateAnswers) => ({ plan: await plan("update")(state), texts: {} }),
  } as unknown as UpdateMaking;
  return { making, plans };
}

/** Answers by the beginning of their text; what was shown and asked is written down. */
function sessionOf(answers: readonly string[], over: object = {}) {
  const left = [...answers];
  const told: string[] = [];
  const answered = () => {
    const answer = left.shift();
    if (answer === undefined) throw new Error(`no answer is left:\n${told.join("\n")}`);
    return answer;
  };
  const session = {
    cwd: "/srv/bundles",
    userHome: "/root",
    columns: 100,
    flags: { color: false, dryRun: false },
    isTerminal: true,
    world: { files: { exists: async () => true } },
    note: (text: string) => told.push(text.trim()),
    noteInPlace: () => {},
    edit: null,
    ask: {
      isPossible: true,
      async select({ message, choices, initial }: SelectQuestion<unknown>, canGoBack: boolean) {
        const usual = choices.find(({ value }) => value === initial) ?? choices[0]!;
        const names = choices.map(each => (each === usual ? `*${each.name}` : each.name));
        told.push(`? ${message} [${names.join(" | ")}]${canGoBack ? " <" : ""}`);
        const answer = answered();
        if (answer === "<") return BACK;
        const chosen = answer === "" ? usual : choices.find(({ name }) => name.startsWith(answer));
        if (chosen === undefined) throw new Error(`${answer} is no answer to ${message}`);
        return chosen.value;
      },
      async text({ message }: { readonly message: string }, canGoBack: boolean) {
        told.push(`? ${message}${canGoBack ? " <" : ""}`);
        const answer = answered();
        return answer === "<" ? BACK : answer;
      },
    },
    ...over,
  } as unknown as Session;
  return { session, told, left, asked: () => told.filter(line => line.startsWith("? ")) };
}

const bundle = (version: string, hops: readonly string[] = [version], instructions: readonly unknown[] = []) => ({
  path: `/srv/bundles/${version}.tar`,
  version,
  way: { hops },
  instructions,
});
const READ = { release: "v2.23.0", text: "# Before\n\nTell \u001b[2Jeverybody." };

it("takes the defaults by Enter all the way: the newest that can be reached directly, mine, the shortest window", async () => {
  const { making, plans } = makingOf({
    conflicts: [KEY, TEXT],
    instructions: [READ],
    bundles: [
      bundle("v2.22.9"),
      bundle("v2.23.0", ["v2.23.0"], [READ]),
      bundle("v2.24.0-rc1"),
      bundle("v2.45.11", ["v2.24.9", "v2.45.11"]),
      { ...bundle("v2.2.0"), way: { order: "older" } },
      { ...bundle("v9.0.0"), way: { hops: ["v3.0.0", "v9.0.0"], missing: [{ release: "v3.0.0" }] } },
    ],
  });
  const { session, told } = sessionOf(["", "", "", "", "", ""]);
  const answers = await updateWizard(session, GIVEN, making);
  expect(answers).toMatchObject({
    bundle: "/srv/bundles/v2.23.0.tar",
    acknowledge: ["v2.23.0"],
    resolutions: { ".env:LOG_LEVEL": "mine", Caddyfile: "mine" },
    postgres: "auto",
    preparing: null,
    plan: { operation: "update" },
  });
  expect(plans).toEqual(['update {".env:LOG_LEVEL":"mine","Caddyfile":"mine"} auto']);
  expect(told.join("\n")).toMatchInlineSnapshot(`
    "? Update v2.22.2 to which release? [v2.45.11 (v2.45.11.tar; through v2.24.9) | v2.24.0-rc1 (v2.24.0-rc1.tar) | *v2.23.0 (v2.23.0.tar; with instructions to be read) | v2.22.9 (v2.22.9.tar) | another file or folder]
    Instructions for v2.23.0:

    # Before

    Tell everybody.
    ? Have you read the instructions for v2.23.0, and done what they ask for? [*Yes, go on | No, change nothing] <
    .env:LOG_LEVEL: You and the vendor changed one place of it, each in another way.
      - the vendor's   + yours (you removed it)
      -DEBUG
    ? .env:LOG_LEVEL: whose shall it be? [*mine | the vendor's] <
    Caddyfile: You and the vendor changed one place of it, each in another way.
      - the vendor's   + yours
      @@ -1,2 +1,2 @@
       a
      -theirs
      +mine
    (To edit it here, end this and set EDITOR first: EDITOR=nano graph-mgr update)
    ? Caddyfile: whose shall it be? [*mine | the vendor's] <
    The database moves by copy. Postgres 15, glibc 2.36 and x86_64 are the same before and after, so
    the files can be taken as they are: visitors wait about 15 s for that, and about 30 s for a dump.
    ? How shall the database move? [*copy: copy the volume byte by byte (about 15 s) | dump: dump, restore and compare (about 30 s)] <
    the plan to update
    ? Do this? [*Yes, do this | No, change nothing] <"
  `);
});

const HERE = { ...GIVEN, bundle: "x.tar", contents: { source: {} } as never };

it("goes back one conflict at a time, and what was answered is the default", async () => {
  const { making } = makingOf({ conflicts: [KEY, TEXT] });
  // Back to the first, where there is no way further back; it is changed, the second is taken by Enter.
  const { session, asked } = sessionOf(["the vendor's", "the vendor's", "<", "<", "mine", "", "dump", ""]);
  const { resolutions, postgres } = await updateWizard(session, HERE, making);
  expect([resolutions, postgres]).toEqual([{ ".env:LOG_LEVEL": "mine", Caddyfile: "theirs" }, "dump"]);
  expect(asked()).toMatchInlineSnapshot(`
    [
      "? .env:LOG_LEVEL: whose shall it be? [*mine | the vendor's]",
      "? Caddyfile: whose shall it be? [*mine | the vendor's] <",
      "? How shall the database move? [*copy: copy the volume byte by byte (about 15 s) | dump: dump, restore and compare (about 30 s)] <",
      "? Caddyfile: whose shall it be? [mine | *the vendor's] <",
      "? .env:LOG_LEVEL: whose shall it be? [mine | *the vendor's]",
      "? Caddyfile: whose shall it be? [mine | *the vendor's] <",
      "? How shall the database move? [*copy: copy the volume byte by byte (about 15 s) | dump: dump, restore and compare (about 30 s)] <",
      "? Do this? [*Yes, do this | No, change nothing] <",
    ]
  `);
});

it("asks about a conflict that only an answer brings about", async () => {
  const { making } = makingOf({ conflicts: [TEXT] });
  const look = making.look;
  const later = conflict("docker-compose.yml", { kind: "compose" });
  const making2 = {
    ...making,
    look: async (state: UpdateAnswers) => {
      const [found] = await look(state);
      if (!("Caddyfile" in state.resolutions) || "docker-compose.yml" in state.resolutions) return [found];
      return [{ ...found, facts: { ...found.facts, merge: { conflicts: [later] } } }];
    },
  } as unknown as UpdateMaking;
  const { session } = sessionOf(["", "the vendor's", "", ""]);
  expect((await updateWizard(session, HERE, making2)).resolutions).toEqual({ Caddyfile: "mine", "docker-compose.yml": "theirs" });
});

it("lets a text be edited, keeps what was typed until no marks are left, and knows where it will stand", async () => {
  const { making } = makingOf({ conflicts: [KEY, TEXT] });
  const begun: string[] = [];
  const results = [null, `${DRAFT}more\n`, "a\nboth\n"];
  const edit = async (name: string, text: string) => {
    begun.push(`${name}: ${text}`);
    return results.shift() ?? null;
  };
  const { session, told, asked } = sessionOf(["", "edit", "edit", "edit", "", ""], { edit });
  const { resolutions, edited } = await updateWizard(session, HERE, making);
  expect(resolutions).toEqual({ ".env:LOG_LEVEL": "mine", Caddyfile: { text: "a\nboth\n" } });
  expect(edited).toEqual({ Caddyfile: "data/config/Caddyfile" });
  expect(begun).toEqual([`Caddyfile: ${DRAFT}`, `Caddyfile: ${DRAFT}`, `Caddyfile: ${DRAFT}more\n`]);
  expect(told.filter(line => /editor|Both sides/.test(line))).toEqual([
    "The editor ended with an error, so nothing of it counts.",
    "Both sides still stand in it, between <<<<<<< and >>>>>>>: leave what shall count.",
  ]);
  // A single value is not edited: it might be a secret, and there are only two of it.
  expect(asked().slice(0, 2)).toEqual([
    "? .env:LOG_LEVEL: whose shall it be? [*mine | the vendor's]",
    "? Caddyfile: whose shall it be? [*mine | the vendor's | edit it] <",
  ]);
});

it("asks nothing that a flag said", async () => {
  const { making } = makingOf({ conflicts: [KEY], instructions: [READ] });
  const { session, asked } = sessionOf([""]);
  const given = { ...HERE, acknowledge: [""], postgres: "dump" as const, resolutions: { ".env:LOG_LEVEL": "theirs" as const } };
  await updateWizard(session, given, making);
  expect(asked()).toEqual(["? Do this? [*Yes, do this | No, change nothing]"]);
});

it("leaves when the instructions were not read", async () => {
  const { making } = makingOf({ instructions: [READ] });
  const { session } = sessionOf(["No"]);
  await expect(updateWizard(session, HERE, making)).rejects.toMatchObject({ code: "CANCELLED", exit: 130 });
});

it("says why a bundle will not do, and asks again", async () => {
  const { making } = makingOf({ bundles: [bundle("v2.45.11", ["v2.24.9", "v2.45.11"])] });
  const { session, told } = sessionOf(["another", "<", "another", "/x/bad.tar", "another", "~/good.tar", "", ""]);
  expect((await updateWizard(session, GIVEN, making)).bundle).toBe("/root/good.tar");
  expect(told.filter(line => !line.startsWith("?")).slice(0, 2)).toEqual(["/x/bad.tar is none.", "Try: another"]);
});

it("asks whether a path shall be walked whole, and for another release where not", async () => {
  const bundles = [bundle("v2.23.0", ["v2.23.0"]), bundle("v2.45.11", ["v2.24.9", "v2.45.11"])];
  const question =
    "? It is reached only through v2.24.9. Shall all of it be gone through in one window? [*Yes, in one window | No, choose another] <";
  const walked = sessionOf(["v2.45.11", "", "", ""]);
  const answers = await updateWizard(walked.session, GIVEN, makingOf({ bundles }).making);
  expect([answers.bundle, answers.viaPath]).toEqual(["/srv/bundles/v2.45.11.tar", true]);
  expect(walked.asked()[1]).toBe(question);
  const not = sessionOf(["v2.45.11", "No", "v2.45.11", "<", "v2.23.0", "", ""]);
  const others = await updateWizard(not.session, GIVEN, makingOf({ bundles }).making);
  expect([others.bundle, others.viaPath]).toEqual(["/srv/bundles/v2.23.0.tar", false]);
  // Who said it before is not asked.
  const said = sessionOf(["v2.45.11", "", ""]);
  expect((await updateWizard(said.session, { ...GIVEN, viaPath: true }, makingOf({ bundles }).making)).viaPath).toBe(true);
  expect(said.asked()).not.toContain(question);
});

it("asks about conflicts of every release on the way, by the release; what goes again is not edited", async () => {
  const { making } = makingOf({ conflicts: [KEY, TEXT] });
  const stop = (release: string) => async (state: UpdateAnswers) => {
    const [{ facts, ...more }] = await making.look(state);
    const conflicts = [KEY, TEXT].filter(({ name }) => !(`${release}/${name}` in state.resolutions));
    return { ...more, facts: { ...facts, instance: { release }, merge: { conflicts } } };
  };
  const look = async (state: UpdateAnswers) => [await stop("v2.24.9")(state), await stop("v2.45.11")(state)];
  const { session, asked } = sessionOf(["mine", "the vendor's", "mine", "mine", "", ""], { edit: async () => null });
  const { resolutions } = await updateWizard(session, HERE, { ...making, look } as unknown as UpdateMaking);
  expect(resolutions).toEqual({
    "v2.24.9/.env:LOG_LEVEL": "mine",
    "v2.24.9/Caddyfile": "theirs",
    "v2.45.11/.env:LOG_LEVEL": "mine",
    "v2.45.11/Caddyfile": "mine",
  });
  expect(asked().filter(each => each.includes("Caddyfile"))).toEqual([
    "? v2.24.9/Caddyfile: whose shall it be? [*mine | the vendor's] <",
    "? v2.45.11/Caddyfile: whose shall it be? [*mine | the vendor's | edit it] <",
  ]);
});

it("asks for a path at once where no bundle lies here", async () => {
  const { session, asked } = sessionOf(["/good.tar", "", ""]);
  await updateWizard(session, GIVEN, makingOf().making);
  expect(asked()[0]).toBe("? Path of the bundle (.tar, .tar.gz or folder)?");
});

it("ends with what is done ahead, and goes on with the method once the images are there", async () => {
  const host = makingOf({ toLoad: [{}], next: null });
  const { session, asked } = sessionOf([""]);
  const agreed = await updateWizard(session, HERE, host.making);
  expect([agreed.preparing?.operation, agreed.plan, asked()]).toEqual([
    "prepare",
    null,
    ["? Do this? [*Yes, do this | No, change nothing]"],
  ]);

  const loaded = makingOf();
  const window = sessionOf(["copy", "<", "dump", ""]);
  const final = await windowWizard(window.session, agreed, loaded.making);
  expect([final.postgres, final.preparing, final.plan?.operation]).toEqual(["dump", null, "update"]);
  expect(window.asked()).toMatchInlineSnapshot(`
    [
      "? How shall the database move? [*copy: copy the volume byte by byte (about 15 s) | dump: dump, restore and compare (about 30 s)]",
      "? Do this? [*Yes, do this | No, change nothing] <",
      "? How shall the database move? [*copy: copy the volume byte by byte (about 15 s) | dump: dump, restore and compare (about 30 s)]",
      "? Do this? [*Yes, do this | No, change nothing] <",
    ]
  `);
});

it("in a dry run nothing is done ahead, and with --prepare nothing else is", async () => {
  const { making } = makingOf({ toLoad: [{}], next: null });
  const { session } = sessionOf([], { flags: { color: false, dryRun: true } });
  expect((await updateWizard(session, HERE, making)).plan?.operation).toBe("update");
  const ahead = await updateWizard(session, { ...HERE, prepare: true }, making);
  expect([ahead.preparing?.operation, ahead.plan]).toEqual(["prepare", null]);
});

it("asks for no method where only one is safe", async () => {
  const { session, asked } = sessionOf([""]);
  await updateWizard(session, HERE, makingOf({ next: { ...server, major: 17 } }).making);
  expect(asked()).toEqual(["? Do this? [*Yes, do this | No, change nothing]"]);
});

it("refuses before the first question what no answer could change", async () => {
  const { making } = makingOf({ instructions: [READ] });
  const other = {
    ...making,
    look: async () => {
      throw new OperatorError("OLDER_RELEASE", "v2.22.2 is older.", { hint: "another" });
    },
  } as unknown as UpdateMaking;
  const { session, asked } = sessionOf([]);
  await expect(updateWizard(session, HERE, other)).rejects.toMatchObject({ code: "OLDER_RELEASE" });
  expect(asked()).toEqual([]);
});
