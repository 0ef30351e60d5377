import { beforeEach, describe, expect, it } from "vitest";
import { type Arguments, readArguments } from "../../src/cli/arguments.ts";
import { config } from "../../src/cli/commands/config.ts";
import { parseRecord, recordToText } from "../../src/domain/instance.ts";
import { BYSTANDER, HOME, prepared, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const DIR = `${HOME}/releases/${NAME}`;

let stage: Stage;
let printed: string[];
let noted: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  printed = [];
  noted = [];
});

const argumentsOf = (...argv: readonly string[]): Arguments => {
  const wanted = readArguments(argv);
  if (wanted.what !== "run") throw new Error(`not a command: ${argv.join(" ")}`);
  return wanted.arguments;
};
const session = (over: object = {}, flags: object = {}) =>
  sessionOn(
    stage,
    { print: (text: string) => printed.push(text), note: (text: string) => noted.push(text), edit: null, ...over },
    flags,
  );
const run = async (...words: readonly string[]) => await config(session(), argumentsOf("config", ...words));
const runWith = async (over: object, ...words: readonly string[]) => await config(session(over), argumentsOf("config", ...words));
const json = async <T>(...words: readonly string[]): Promise<T> => {
  const before = printed.length;
  await config(session({}, { json: true }), argumentsOf("config", ...words));
  expect(printed.length).toBe(before + 1);
  return JSON.parse(printed.at(-1) ?? "") as T;
};
const read = (path: string) => stage.world.files.read(`${DIR}/${path}`);
const code = (expected: string, message?: RegExp) =>
  expect.objectContaining({ code: expected, ...(message ? { message: expect.stringMatching(message) } : {}) });
const environmentOf = (service: string) =>
  [...stage.machine.state.containers.values()].find(({ labels }) => labels["com.docker.compose.service"] === service)
    ?.environment;
const idOf = (service: string) =>
  [...stage.machine.state.containers.values()].find(({ labels }) => labels["com.docker.compose.service"] === service)?.id;

/** Somebody at a terminal, with these answers. */
const asking = (...answers: readonly unknown[]) => {
  const left = [...answers];
  const next = async () => left.shift();
  return { ask: { isPossible: true, select: next, text: next, secret: next }, isTerminal: true };
};

describe("config set", () => {
  it("changes one line, keeps what was there, and leaves containers alone unless told", async () => {
    const before = (await read(".env")) ?? "";
    const id = idOf("nexus");
    await run("set", "LOG_LEVEL=DEBUG");
    expect(await read(".env")).toBe(`${before}LOG_LEVEL=DEBUG\n`);
    expect(idOf("nexus")).toBe(id);
    expect(printed.join("\n")).toMatchInlineSnapshot(`
      "v2.22.2: config set finished.
        * LOG_LEVEL in .env: DEBUG
        * LOG_LEVEL is new: no file of v2.22.2 names it yet
        * cache, caddy, nexus, postgres go on with what was, until: graph-mgr restart v2.22.2
      This takes it back:
        graph-mgr config revert v2.22.2 1"
    `);
    expect(noted.join("\n")).toContain("Try: graph-mgr restart v2.22.2   (cache, caddy, nexus, postgres then get it)");
  });

  it("says what stood there and what will, of secrets neither, and of several lines which counts", async () => {
    const old = (await read(".env")) ?? "";
    await stage.world.files.write(`${DIR}/.env`, `LEVEL=INFO\nADDRESS=x\nLEVEL=WARN\n${old}`);
    await run("set", "LEVEL=a b", "ADDRESS=https://user:canary@host/", "POSTGRES_PASSWORD=canary2");
    await run("unset", "LEVEL");
    const text = printed.join("\n");
    expect(text).toContain("* LEVEL in .env: WARN becomes a b\n");
    expect(text).toContain("* .env gives LEVEL a value 2 times: the last one counts, and is changed");
    expect(text).toContain("* ADDRESS in .env\n");
    expect(text).toContain("* POSTGRES_PASSWORD in .env\n");
    expect(text).toContain("* LEVEL in .env: a b goes\n");
    expect(text).toContain("* .env gives LEVEL a value 2 times: all of them go");
    expect(text).not.toMatch(/canary/);
    for (const { plan } of await session().store.list()) expect(JSON.stringify(plan)).not.toMatch(/canary/);
  });

  it("--apply makes new containers, which get it, and revert puts all back", async () => {
    const before = await read(".env");
    const id = idOf("nexus");
    await run("set", NAME, "LOG_LEVEL=DEBUG", "--apply");
    expect(environmentOf("nexus")?.["LOG_LEVEL"]).toBe("DEBUG");
    expect(idOf("nexus")).not.toBe(id);
    await run("revert", "1", "--apply");
    expect(await read(".env")).toBe(before);
    expect(environmentOf("nexus")).not.toHaveProperty("LOG_LEVEL");
    await run("revert", NAME, "2");
    expect(await read(".env")).toBe(`${before}LOG_LEVEL=DEBUG\n`);
  });

  it("says what needs no change, and changes nothing", async () => {
    const result = await json<{ outcome: string; files: string[] }>("set", "POSTGRES_USER=graphistry");
    expect(result).toMatchObject({ outcome: "unchanged", files: [] });
    expect(await stage.world.files.exists(`${HOME}/.graph-mgr/attic`)).toBe(false);
  });

  it("as JSON tells which change it was, and who waits for it", async () => {
    expect(await json("set", "LOG_LEVEL=DEBUG")).toMatchObject({
      kind: "config-set",
      instance: NAME,
      outcome: "done",
      change: 1,
      files: [".env"],
      keys: ["LOG_LEVEL"],
      recreated: [],
      pending: ["cache", "caddy", "nexus", "postgres"],
    });
  });

  it("asks at a terminal for a value, and when it shall count", async () => {
    const before = await read(".env");
    const questions: string[] = [];
    const spied = asking("hidden value", "now");
    const ask = {
      ...spied.ask,
      secret: async ({ message }: { message: string }) => {
        questions.push(message);
        return "hidden value";
      },
      select: async ({ message }: { message: string }) => {
        questions.push(message);
        return "now";
      },
    };
    await config(sessionOn(stage, { ask, isTerminal: true }, { yes: false }), argumentsOf("config", "set", "SMTP_PASSWORD"));
    expect(questions).toEqual(["Value of SMTP_PASSWORD?", "When shall it count for cache, caddy, nexus, postgres?"]);
    expect(await read(".env")).toBe(`${before}SMTP_PASSWORD='hidden value'\n`);
    expect(environmentOf("nexus")?.["SMTP_PASSWORD"]).toBe("hidden value");
  });

  it("changes nothing when the operator cancels", async () => {
    const before = await read(".env");
    const over = asking("cancel");
    await expect(config(sessionOn(stage, over, { yes: false }), argumentsOf("config", "set", "LOG_LEVEL=DEBUG"))).rejects.toThrow(
      code("CANCELLED"),
    );
    expect(await read(".env")).toBe(before);
  });

  it("takes values from a file, and shows and journals none of them", async () => {
    await stage.world.files.write("/root/values", "SMTP_PASSWORD=correct horse battery\nLDAP_BIND_PW=staple\n", 0o600);
    await run("set", "--set-from", "/root/values", "--apply");
    expect(environmentOf("nexus")).toMatchObject({ SMTP_PASSWORD: "correct horse battery", LDAP_BIND_PW: "staple" });
    const own = stage.sim.disk.walk(`${HOME}/.graph-mgr`).filter(path => stage.sim.disk.node(path)?.type === "file");
    const leaks = own.filter(
      path => !path.includes("/attic/") && /correct horse|staple/.test(stage.sim.disk.read(path).toString()),
    );
    expect(leaks).toEqual([]);
    expect([...printed, ...noted].join("\n")).not.toMatch(/correct horse|staple/);
    await run("unset", "SMTP_PASSWORD");
    await run("history");
    expect([...printed, ...noted].join("\n")).not.toMatch(/correct horse|staple/);
    expect(printed.join("\n")).toContain("-SMTP_PASSWORD=***");
    for (const path of stage.sim.disk.walk(`${HOME}/.graph-mgr/attic`).slice(1))
      expect(await stage.world.files.mode(path)).toBe(0o600);
  });

  it("says on the way back what ends at once there, too", async () => {
    const { up } = stage.world.compose;
    stage.world.compose.up = async (project, services, how) => {
      await up(project, services, how);
      const nexus = idOf("nexus") ?? "";
      const container = stage.machine.state.containers.get(nexus);
      if (container) stage.machine.state.containers.set(nexus, { ...container, state: "exited", exitCode: 1 });
    };
    await expect(run("set", "LOG_LEVEL=DEBUG", "--apply")).rejects.toThrow(
      code("NOT_HEALTHY", /The rest was put back as it was. But nexus ended again at once, so it does not serve/),
    );
  });

  it("undoes everything where the new containers do not become healthy", async () => {
    const before = await read(".env");
    const { up } = stage.world.compose;
    let ups = 0;
    stage.world.compose.up = async (project, services, how) => {
      ups += 1;
      await up(project, services, how);
      const nexus = idOf("nexus") ?? "";
      const container = stage.machine.state.containers.get(nexus);
      if (ups === 1 && container) stage.machine.state.containers.set(nexus, { ...container, state: "exited", exitCode: 1 });
    };
    await expect(run("set", "LOG_LEVEL=DEBUG", "--apply")).rejects.toThrow(
      expect.objectContaining({ exit: 5, message: expect.stringMatching(/Everything was put back as it was/) }),
    );
    expect(await read(".env")).toBe(before);
    expect(environmentOf("nexus")).not.toHaveProperty("LOG_LEVEL");
    expect((await json<{ changes: unknown[] }>("history")).changes).toEqual([]);
  });
});

describe("config set refuses, and nothing is changed:", () => {
  const cases: readonly (readonly [string, string, RegExp, readonly string[]])[] = [
    ["what Compose calls the instance", "MANAGED_KEY", /graph-mgr sets it itself/, ["set", "COMPOSE_PROJECT_NAME=x"]],
    ["other keys of Compose's own", "MANAGED_KEY", /Compose's own/, ["set", "COMPOSE_PROFILES=x"]],
    ["keys of the release", "MANAGED_KEY", /belongs to the release v2.22.2/, ["set", "APP_BUILD_TAG=v9"]],
    ["a word that is no key", "USAGE", /takes KEY=VALUE/, ["set", "LOG-LEVEL=1"]],
    ["a key twice", "USAGE", /gives LOG_LEVEL twice/, ["set", "LOG_LEVEL=1", "LOG_LEVEL=2"]],
    ["nothing", "USAGE", /what to set/, ["set"]],
    ["a bare key without a terminal", "NEEDS_ANSWER", /Value of LOG_LEVEL/, ["set", "LOG_LEVEL"]],
    ["an instance that is not there", "NO_INSTANCE", /no instance/, ["set", "v9.9.9", "LOG_LEVEL=1"]],
    ["a file that is not there", "NO_FILE", /There is no file/, ["set", "--set-from", "/none"]],
    ["a value that no file can say", "ENV_VALUE", /NUL/, ["set", "A=\0"]],
    ["to take out what is not there", "NOT_SET", /No env file of v2.22.2 sets NONE/, ["unset", "NONE"]],
    ["to take out nothing", "USAGE", /what to take out/, ["unset"]],
    ["to take a key out twice", "USAGE", /twice/, ["unset", "A", "A"]],
    ["to take out what is no key", "USAGE", /takes keys/, ["unset", "A=1"]],
    ["to take out graph-mgr's own", "MANAGED_KEY", /graph-mgr sets it/, ["unset", "COMPOSE_PROJECT_NAME"]],
    ["a change that is not there", "NO_CHANGE", /nothing was changed with `config` yet/, ["revert", "1"]],
    ["no number", "USAGE", /number of a change/, ["revert"]],
    ["too many words", "USAGE", /does not know what to do with "b"/, ["show", NAME, "b"]],
    ["an unknown action", "USAGE", /does not know "shwo"/, ["shwo"]],
    ["an option of another action", "USAGE", /--apply is for/, ["show", "--apply"]],
    ["an unknown service", "NO_SERVICE", /no service "none"/, ["show", "--service", "none"]],
    ["to edit without an editor", "NO_EDITOR", /neither VISUAL nor EDITOR/, ["edit"]],
    ["to edit what is no configuration", "NOT_EDITABLE", /no configuration/, ["edit", "data/upload"]],
    ["to edit outside of the instance", "NOT_EDITABLE", /no configuration/, ["edit", "../v1/.env"]],
  ];
  it.each(cases)("%s", async (_, expected, message, words) => {
    const before = await read(".env");
    await expect(run(...words)).rejects.toThrow(code(expected, message));
    expect(await read(".env")).toBe(before);
    expect(await stage.world.files.exists(`${HOME}/.graph-mgr/attic`)).toBe(false);
  });

  it("what a compose file overrules", async () => {
    const compose = (await read("docker-compose.yml")) ?? "";
    await stage.world.files.write(
      `${DIR}/docker-compose.yml`,
      compose.replace("    depends_on: [ postgres ]\n", "    depends_on: [ postgres ]\n    environment: { LOG_LEVEL: WARN }\n"),
    );
    await expect(run("set", "LOG_LEVEL=DEBUG")).rejects.toThrow(code("OVERRULED", /nexus would still get another LOG_LEVEL/));
    expect(await read(".env")).not.toContain("LOG_LEVEL");
  });

  it("an instance that is not there, where the first word can be no key", async () => {
    for (const how of [
      ["set", "no-such-one", "LOG_LEVEL=DEBUG"],
      ["unset", "no-such-one", "LOG_LEVEL"],
    ])
      await expect(run(...how)).rejects.toThrow(code("NO_INSTANCE", /There is no instance .*no-such-one/));
    expect(await read(".env")).not.toContain("DEBUG");
  });

  it("what would change a port", async () => {
    const compose = (await read("docker-compose.yml")) ?? "";
    await stage.world.files.write(`${DIR}/docker-compose.yml`, compose.replace(/"\d+:80"/, '"$' + '{HTTP_PORT:-80}:80"'));
    await expect(run("set", "HTTP_PORT=8099")).rejects.toThrow(
      expect.objectContaining({ code: "MANAGED_KEY", hint: expect.stringContaining("config edit v2.22.2 .env") }),
    );
  });

  it("a file that is a link, or no text", async () => {
    await stage.world.files.remove(`${DIR}/.env`);
    stage.sim.disk.write("/srv/env", Buffer.from("A=1\n"), 0o600);
    stage.sim.disk.write(`${DIR}/.env`, Buffer.from([0x41, 0x3d, 0xff, 0x0a]), 0o600);
    await expect(run("set", "B=2")).rejects.toThrow(code("NOT_EDITABLE", /no UTF-8/));
    await stage.world.files.remove(`${DIR}/.env`);
    stage.sim.disk.symlink("/srv/env", `${DIR}/.env`);
    await expect(run("set", "B=2")).rejects.toThrow();
  });

  it("a file that was changed since it was looked at", async () => {
    const { write } = stage.world.files;
    let isFirst = true;
    stage.world.files.write = async (path, text, mode) => {
      // Somebody saves just before the first step.
      if (isFirst && path.endsWith("plan.json")) {
        isFirst = false;
        await write(`${DIR}/.env`, `${await read(".env")}BY_HAND=1\n`);
      }
      await write(path, text, mode);
    };
    const { open } = session().store;
    const store = {
      ...session().store,
      open: async (...args: Parameters<typeof open>) => {
        await write(`${DIR}/.env`, `${await read(".env")}BY_HAND=1\n`);
        return await open(...args);
      },
    };
    await expect(runWith({ store }, "set", "LOG_LEVEL=DEBUG")).rejects.toThrow(code("CONFIG_CHANGED"));
    expect(await read(".env")).toContain("BY_HAND=1");
    expect(await read(".env")).not.toContain("LOG_LEVEL");
  });
});

describe("config set picks the file", () => {
  const MODERN = "v3.0.0";
  const modern = async () => {
    await stage.install(MODERN, { launch: false });
    const dir = `${HOME}/releases/${MODERN}`;
    const { files } = stage.world;
    const compose = (await files.read(`${dir}/docker-compose.yml`)) ?? "";
    const list = "env_file: [ .env, data/config/custom.env, data/config/telemetry.env ]";
    await files.write(
      `${dir}/docker-compose.yml`,
      compose.replace("env_file: [ .env ]", list).replace("restart: ", "command: $" + "{LEVEL:-low}\n  restart: "),
    );
    await files.write(`${dir}/data/config/custom.env`, "# yours\n");
    await files.write(`${dir}/data/config/telemetry.env`, "TRACES=off\n");
    return { dir, text: (path: string) => files.read(`${dir}/${path}`) };
  };

  it("that the layout has for settings, where it counts more than the vendor's", async () => {
    const { text } = await modern();
    const env = await text(".env");
    await run("set", MODERN, "POSTGRES_DB=other", "NEW=1", "TRACES=on");
    expect(await text(".env")).toBe(env);
    expect(await text("data/config/custom.env")).toBe("# yours\nPOSTGRES_DB=other\nNEW=1\n");
    expect(await text("data/config/telemetry.env")).toBe("TRACES=on\n");
    const { settings } = await json<{ settings: { key: string }[] }>("show", MODERN);
    expect(settings.find(({ key }) => key === "POSTGRES_DB")).toMatchObject({
      value: "other",
      file: "data/config/custom.env",
      line: 2,
    });
    expect(settings.find(({ key }) => key === "LEVEL")).toMatchObject({ value: "low", from: "default" });
    await run("unset", MODERN, "POSTGRES_DB");
    expect(printed.join("\n")).toContain("POSTGRES_DB comes from .env then");
    expect(await text("data/config/custom.env")).toBe("# yours\nNEW=1\n");
  });

  it("that Compose interpolates from, for what a compose file puts in", async () => {
    const { text } = await modern();
    const env = await text(".env");
    await run("set", MODERN, "LEVEL=high");
    expect(await text(".env")).toBe(`${env}LEVEL=high\n`);
    expect(await text("data/config/custom.env")).toBe("# yours\n");
  });

  it("and refuses COMPOSE_* where it would count more than graph-mgr's", async () => {
    const { text } = await modern();
    const told: string[] = [];
    const over = {
      edit: async () => "COMPOSE_PROFILES=x\n",
      ask: { isPossible: true, select: async () => false },
      note: (line: string) => told.push(line),
    };
    await config(sessionOn(stage, over), argumentsOf("config", "edit", MODERN));
    expect(told.join(" ").replaceAll(/\s+/g, " ")).toContain("COMPOSE_PROFILES in data/config/custom.env would count more");
    expect(await text("data/config/custom.env")).toBe("# yours\n");
  });

  it("and refuses what Compose reads in another way", async () => {
    // The simulated Compose does not know `export`.
    await stage.world.files.write(`${DIR}/.env`, `${await read(".env")}export A=1\n`);
    const before = await read(".env");
    await expect(run("set", "A=2")).rejects.toThrow(code("NOT_EXACT", /the value of A/));
    expect(await read(".env")).toBe(before);
  });
});

describe("config edit", () => {
  const editing = (...texts: readonly (string | null)[]) => {
    const left = [...texts];
    return async () => left.shift() ?? null;
  };

  it("saves what can be taken, after asking again for what cannot", async () => {
    const answers = [true, "now"];
    const over = {
      edit: editing(":80 { respond 200\n", ":80 { respond 204 }\n"),
      ask: { isPossible: true, select: async () => answers.shift() },
      isTerminal: true,
      note: (text: string) => noted.push(text),
      print: (text: string) => printed.push(text),
    };
    const id = idOf("caddy");
    const other = idOf("nexus");
    await config(sessionOn(stage, over, { yes: false }), argumentsOf("config", "edit", "Caddyfile"));
    expect(noted.join("\n")).toContain("The Caddy of caddy does not take this Caddyfile");
    expect(await read("Caddyfile")).toBe(":80 { respond 204 }\n");
    // Compose sees no difference, and the container would go on seeing the old file.
    expect(idOf("caddy")).not.toBe(id);
    expect(idOf("nexus")).toBe(other);
  });

  it("saves nothing where it is given up, left with an error, or as it was", async () => {
    const before = await read("Caddyfile");
    for (const [edit, select] of [
      [editing("{\n"), false],
      [editing(null), false],
      [editing(before), true],
    ] as const) {
      const over = { edit, ask: { isPossible: true, select: async () => select }, print: (text: string) => printed.push(text) };
      await config(sessionOn(stage, over), argumentsOf("config", "edit", "Caddyfile"));
      expect(await read("Caddyfile")).toBe(before);
      expect(printed.at(-1)).toBe("Caddyfile is as it was.");
    }
  });

  it("says of what was left as it was that it cannot be taken", async () => {
    const broken = ":80 { respond 200\n";
    await stage.world.files.write(`${DIR}/Caddyfile`, broken);
    const over = {
      edit: editing(broken),
      ask: { isPossible: true, select: async () => true },
      note: (text: string) => noted.push(text),
      print: (text: string) => printed.push(text),
    };
    await config(sessionOn(stage, over), argumentsOf("config", "edit", "Caddyfile"));
    expect(printed.at(-1)).toBe("Caddyfile is as it was.");
    expect(noted.join("\n")).toContain("The Caddy of caddy does not take this Caddyfile");
  });

  it("needs a terminal", async () => {
    await expect(runWith({ edit: editing("A=1\n") }, "edit")).rejects.toThrow(
      expect.objectContaining({ code: "NO_TERMINAL", hint: expect.stringContaining("config set") }),
    );
    // A Caddyfile has no keys.
    await expect(runWith({ edit: editing("A=1\n") }, "edit", "Caddyfile")).rejects.toThrow(
      expect.objectContaining({ code: "NO_TERMINAL", hint: expect.stringContaining("config edit v2.22.2 Caddyfile") }),
    );
  });

  const refused: readonly (readonly [string, string, RegExp, string, (text: string) => string])[] = [
    ["another project", "NOT_ISOLATED", /COMPOSE_PROJECT_NAME/, ".env", text => text.replace("NAME=v2_22_2", "NAME=other")],
    [
      "another volume",
      "NOT_ISOLATED",
      /volume postgres_data/,
      "docker-compose.yml",
      text => text.replace("name: v2_22_2_postgres_data", "name: other"),
    ],
    ["another image", "NOT_ISOLATED", /another image/, "docker-compose.yml", text => text.replace(/image: .*$/m, "image: other")],
    [
      "a volume of somebody else's",
      "NOT_ISOLATED",
      /v1_0_0_postgres_data of somebody else/,
      "docker-compose.yml",
      text =>
        text
          .replace("volumes:\n", "volumes:\n  theirs: { name: v1_0_0_postgres_data }\n")
          .replace("./Caddyfile:", "theirs:/theirs, ./Caddyfile:"),
    ],
    ["a port of another instance", "PORT_TAKEN", /Port 80/, "docker-compose.yml", text => text.replace(/"\d+:80"/, '"80:80"')],
    ["what is no YAML", "COMPOSE_UNREADABLE", /YAML/, "docker-compose.yml", text => `${text}\n  - [`],
    ["what is no env file", "ENV_FILE_UNREADABLE", /never closed/, ".env", text => `${text}A='`],
  ];
  it.each(refused)("does not save %s", async (_, expected, message, path, change) => {
    stage = await prepared();
    await stage.install(NAME);
    const before = (await read(path)) ?? "";
    expect(change(before)).not.toBe(before);
    const told: string[] = [];
    const over = {
      edit: editing(change(before)),
      ask: { isPossible: true, select: async () => false },
      note: (text: string) => told.push(text),
    };
    await config(sessionOn(stage, over), argumentsOf("config", "edit", NAME, path));
    expect(told.join(" ").replaceAll(/\s+/g, " "), expected).toMatch(message);
    expect(await read(path)).toBe(before);
  });
});

describe("config show", () => {
  it("says what counts and where it stands, and hides secrets", async () => {
    await run("set", "LOG_LEVEL=DEBUG");
    printed = [];
    await run("show");
    expect(printed.join("\n")).toMatchInlineSnapshot(`
      "   KEY                   VALUE       FROM
         APP_BUILD_TAG         v2.22.2     .env:2
         COMPOSE_PROJECT_NAME  v2_22_2     .env:7
      *  DJANGO_SECRET_KEY     ***         .env:6
      *  LOG_LEVEL             DEBUG       .env:8
         POSTGRES_DB           graphistry  .env:4
      *  POSTGRES_PASSWORD     ***         .env:5
         POSTGRES_USER         graphistry  .env:3"
    `);
  });

  it("as JSON, and of one service", async () => {
    const all = await json<{ settings: { key: string }[] }>("show");
    expect(all.settings.find(({ key }) => key === "POSTGRES_PASSWORD")).toEqual({
      key: "POSTGRES_PASSWORD",
      value: null,
      secret: true,
      from: "file",
      file: ".env",
      line: 5,
      changed: true,
    });
    const compose = (await read("docker-compose.yml")) ?? "";
    await stage.world.files.write(
      `${DIR}/docker-compose.yml`,
      compose.replace("    depends_on: [ postgres ]\n", "    depends_on: [ postgres ]\n    environment: { LOG_LEVEL: WARN }\n"),
    );
    const one = await json<{ settings: { key: string }[] }>("show", "--service", "nexus");
    expect(one.settings.find(({ key }) => key === "LOG_LEVEL")).toMatchObject({
      value: "WARN",
      from: "compose",
      file: "docker-compose.yml",
      changed: true,
    });
    expect(one.settings.find(({ key }) => key === "POSTGRES_USER")).toMatchObject({
      value: "graphistry",
      file: ".env",
      line: 3,
      changed: false,
    });
  });
});

describe("config diff", () => {
  it("of what was taken over shows names and ports as well, which somebody set and not graph-mgr", async () => {
    await run("diff");
    expect(printed.join("\n")).not.toContain("COMPOSE_PROJECT_NAME");
    const path = `${HOME}/.graph-mgr/instances/${NAME}.json`;
    const record = parseRecord((await stage.world.files.read(path)) ?? "", path);
    await stage.world.files.write(path, recordToText({ ...record, origin: { ...record.origin, how: "adopt" } }), 0o600);
    printed = [];
    await run("diff");
    expect(printed.join("\n")).toMatch(/^ *\+COMPOSE_PROJECT_NAME=v2_22_2$/m);
  });

  it("leaves out what graph-mgr set, and shows what somebody did", async () => {
    await run("diff");
    expect(printed.join("\n")).toMatchInlineSnapshot(`
      "--- v2.22.2 of the vendor
      +++ v2.22.2

      .env (changed)
        @@ -2,5 +2,5 @@
         APP_BUILD_TAG=v2.22.2
         POSTGRES_USER=graphistry
         POSTGRES_DB=graphistry
        -POSTGRES_PASSWORD=***
        -DJANGO_SECRET_KEY=***
        +POSTGRES_PASSWORD=***
        +DJANGO_SECRET_KEY=***

      KEY                FROM  TO
      DJANGO_SECRET_KEY  ***   ***
      POSTGRES_PASSWORD  ***   ***"
    `);
    await run("set", "LOG_LEVEL=DEBUG");
    const compose = (await read("docker-compose.yml")) ?? "";
    await stage.world.files.write(`${DIR}/docker-compose.yml`, compose.replace("image: ", "stop_grace_period: 5s\n    image: "));
    printed = [];
    await run("diff");
    expect(printed.join("\n")).toMatchInlineSnapshot(`
      "--- v2.22.2 of the vendor
      +++ v2.22.2

      .env (changed)
        @@ -2,5 +2,6 @@
         APP_BUILD_TAG=v2.22.2
         POSTGRES_USER=graphistry
         POSTGRES_DB=graphistry
        -POSTGRES_PASSWORD=***
        -DJANGO_SECRET_KEY=***
        +POSTGRES_PASSWORD=***
        +DJANGO_SECRET_KEY=***
        +LOG_LEVEL=DEBUG

      docker-compose.yml (changed)
        @@ -11,6 +11,7 @@
         services:
           caddy:
             <<: *opts
        +    stop_grace_period: 5s
             image: graphistry/caddy:\${APP_BUILD_TAG}
             ports: [ "80:80" ]   # the front
             volumes: [ ./Caddyfile:/etc/caddy/Caddyfile ]

      KEY                FROM         TO
      DJANGO_SECRET_KEY  ***          ***
      LOG_LEVEL          (not there)  DEBUG
      POSTGRES_PASSWORD  ***          ***"
    `);
  });

  it("compares two instances", async () => {
    stage = await prepared();
    await stage.install(NAME);
    await run("set", NAME, "LOG_LEVEL=DEBUG");
    const found = await json<{ other: string; files: { path: string; diff: string[] }[]; values: { key: string }[] }>(
      "diff",
      BYSTANDER.release,
      NAME,
    );
    expect(found.other).toBe(NAME);
    expect(found.values.map(({ key }) => key)).toEqual(["APP_BUILD_TAG", "DJANGO_SECRET_KEY", "LOG_LEVEL", "POSTGRES_PASSWORD"]);
    const compose = found.files.find(({ path }) => path === "docker-compose.yml");
    // What the vendor changed from one release to the other, and no ports and images of ours.
    expect(compose?.diff.filter(line => /^[-+]/.test(line))).toMatchInlineSnapshot(`
      [
        "-# v1.0.0",
        "+# v2.22.2",
        "-  postgres_data: { name: v1_0_0_postgres_data }",
        "-  postgres_backups: { name: v1_0_0_postgres_backups }",
        "+  postgres_data: { name: v2_22_2_postgres_data }",
        "+  postgres_backups: { name: v2_22_2_postgres_backups }",
      ]
    `);
  });

  it("has nothing to compare an instance with whose vendor's files are not kept", async () => {
    const { record } = await stage.facts(NAME);
    await stage.world.trees.remove(record.pristine, null);
    await expect(run("diff")).rejects.toThrow(code("NO_PRISTINE"));
    await run("show");
    expect(printed.join("\n")).toContain("POSTGRES_USER");
  });
});

describe("config history", () => {
  it("lists what was changed, newest first, and says what goes with a revert", async () => {
    await run("history");
    expect(printed).toEqual(["Nothing of v2.22.2 was changed with graph-mgr config."]);
    await run("set", "LOG_LEVEL=DEBUG");
    await run("set", "LOG_LEVEL=INFO", "OTHER=1");
    await stage.world.files.write(`${DIR}/.env`, `${await read(".env")}BY_HAND=1\n`);
    printed = [];
    await run("revert", "1");
    expect(printed.join("\n")).toContain("change 2 of the same file goes with it");
    expect(printed.join("\n")).toContain(".env was also edited by hand");
    printed = [];
    await run("history");
    expect(printed.join("\n").replaceAll(/\d{4}-\S+Z/g, "WHEN")).toMatchInlineSnapshot(`
      "3  WHEN  revert 1  (.env)
        -LOG_LEVEL=INFO
        -OTHER=1
        -BY_HAND=1

      2  WHEN  set LOG_LEVEL, OTHER  (.env)
        -LOG_LEVEL=DEBUG
        +LOG_LEVEL=INFO
        +OTHER=1

      1  WHEN  set LOG_LEVEL  (.env)
        +LOG_LEVEL=DEBUG
      "
    `);
    await expect(run("revert", "9")).rejects.toThrow(code("NO_CHANGE", /there is 1 to 3/));
  });

  it("says when an earlier version is gone", async () => {
    await run("set", "LOG_LEVEL=DEBUG");
    await stage.world.trees.remove(`${HOME}/.graph-mgr/attic`, null);
    await expect(run("revert", "1")).rejects.toThrow(code("ATTIC_GONE"));
    await run("history");
    expect(printed.join("\n")).toContain("a version of it is gone");
  });
});
