import { beforeEach, describe, expect, it } from "vitest";
import { type Arguments, readArguments } from "../../src/cli/arguments.ts";
import { backup } from "../../src/cli/commands/backup.ts";
import { remove } from "../../src/cli/commands/remove.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { UNITS } from "../simulator/sim-systemd.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const UNIT = "graph-mgr-backup-v2_22_2";

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  printed = [];
});

const argumentsOf = (...argv: readonly string[]): Arguments => {
  const wanted = readArguments(argv);
  if (wanted.what !== "run") throw new Error(`not a command: ${argv.join(" ")}`);
  return wanted.arguments;
};
const session = (flags: object = {}) =>
  sessionOn(
    stage,
    {
      print: (text: string) => printed.push(text),
      note: (text: string) => printed.push(text),
      program: ["/usr/bin/node", "/opt/graph-mgr.js"],
    },
    flags,
  );
const schedule = async (...words: readonly string[]) => await backup(session(), argumentsOf("backup", "schedule", ...words));
const unit = (kind: "service" | "timer", name = UNIT) => stage.world.files.read(`${UNITS}/${name}.${kind}`);
const code = (expected: string, message?: RegExp) =>
  expect.objectContaining({ code: expected, ...(message ? { message: expect.stringMatching(message) } : {}) });

describe("backup schedule", () => {
  it("writes units that anybody may read, and turns the timer on", async () => {
    await schedule(NAME, "--at", "4:05", "--keep-daily", "7");
    expect(await unit("service")).toContain(
      `ExecStart=/usr/bin/node /opt/graph-mgr.js backup nightly ${NAME} --home ${HOME} --yes --keep-daily 7 --drills weekly\n`,
    );
    expect(await unit("timer")).toContain("OnCalendar=*-*-* 04:05:00\n");
    expect(await stage.world.files.mode(`${UNITS}/${UNIT}.timer`)).toBe(0o644);
    expect([...stage.machine.state.timers]).toEqual([`${UNIT}.timer`]);
    expect(printed.join("\n")).toContain("next at next *-*-* 04:05:00");
  });

  it("F72 encrypts to recipients, whose key drills need, or with a passphrase in a file", async () => {
    const { world } = stage;
    await world.files.write("/root/key", "identity-of-age1x\n", 0o600);
    await world.files.write("/root/words", "a passphrase that is long enough\n", 0o600);
    const refused: readonly (readonly [RegExp, readonly string[]])[] = [
      [/one of their secret keys/, ["--encrypt", "age1x"]],
      [/Nobody is there at night/, ["--encrypt", "passphrase"]],
      [/nothing would be/, ["--identity", "/root/key"]],
      [/not both/, ["--encrypt", "age1x", "--passphrase-file", "/root/words"]],
      [/encrypts by itself/, ["--encrypt", "age1x", "--identity", "/root/key", "--to", "restic:/srv/repository"]],
    ];
    for (const [message, words] of refused) await expect(schedule(NAME, ...words)).rejects.toThrow(code("USAGE", message));
    await expect(schedule(NAME, "--encrypt", "age1x", "--identity", "/root/none")).rejects.toThrow(code("BAD_PATH"));
    expect(await unit("service")).toBe(null);

    await schedule(NAME, "--encrypt", "age1x", "--encrypt", "age1y", "--drills", "never");
    expect(await unit("service")).toContain(" --drills never --encrypt age1x --encrypt age1y\n");
    expect(printed.join("\n")).toContain("they are encrypted to age1x, age1y");
    await schedule(NAME, "--encrypt", "age1x", "--identity", "/root/key");
    expect(await unit("service")).toContain(" --drills weekly --encrypt age1x --identity /root/key\n");
    await schedule(NAME, "--passphrase-file", "/root/words");
    const text = (await unit("service")) ?? "";
    expect(text).toContain(" --drills weekly --passphrase-file /root/words\n");
    expect(text).not.toContain("long enough");
    printed = [];
    await schedule("--show");
    expect(printed.join("\n")).toContain("restored for a trial: weekly; encrypted with the passphrase in /root/words");
  });

  it("F72 to a repository says where its password is, and no secret", async () => {
    const told = { open: { RESTIC_PASSWORD_FILE: "/root/password" }, withheld: ["RESTIC_PASSWORD", "AWS_SECRET_ACCESS_KEY"] };
    const to = ["--to", "restic:/srv/repository"];
    for (const open of [{}, { RESTIC_PASSWORD_FILE: "password" }]) {
      stage.world.backups.resticSettings = async () => ({ ...told, open });
      await expect(schedule(NAME, ...to)).rejects.toThrow(code("RESTIC_PASSWORD"));
      expect(await unit("service")).toBe(null);
    }
    stage.world.backups.resticSettings = async () => told;
    await schedule(NAME, ...to);
    const text = (await unit("service")) ?? "";
    expect(text).toContain("Environment=RESTIC_PASSWORD_FILE=/root/password\n");
    expect(text).toContain(" --to restic:/srv/repository ");
    expect(printed.join("\n")).toContain(
      `not in the unit, which everybody can read: AWS_SECRET_ACCESS_KEY; put them into a file, and \`EnvironmentFile=FILE\` under [Service] (systemctl edit ${UNIT}.service)`,
    );
    await schedule(NAME);
    expect(await unit("service")).not.toContain("RESTIC");
  });

  it("shows what is there, and removes it again", async () => {
    await schedule(NAME, "--keep-last", "3", "--to", "/mnt/usb");
    printed = [];
    await schedule("--show");
    expect(printed.join("\n")).toMatchInlineSnapshot(`
      "v2.22.2: *-*-* 02:30:00, next at next *-*-* 02:30:00
        on; /etc/systemd/system/graph-mgr-backup-v2_22_2.timer
        kept: 3 last; restored for a trial: weekly; to /mnt/usb"
    `);
    printed = [];
    await backup(session({ json: true }), argumentsOf("backup", "schedule", "--show"));
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      schedules: [{ unit: UNIT, folder: UNITS, instance: NAME, calendar: "*-*-* 02:30:00", enabled: true, keep: { last: 3 } }],
    });
    await schedule(NAME, "--remove");
    expect([await unit("service"), await unit("timer")]).toEqual([null, null]);
    expect([...stage.machine.state.timers]).toEqual([]);
    await expect(schedule(NAME, "--remove")).rejects.toThrow(code("NO_SCHEDULE"));
  });

  it("without a name is for whatever is current, and stands beside one that names an instance", async () => {
    await schedule();
    await schedule(NAME);
    expect((await stage.world.files.list(UNITS)).map(name => name.replace(/current-\w+/, "current-HOME"))).toEqual([
      "graph-mgr-backup-current-HOME.service",
      "graph-mgr-backup-current-HOME.timer",
      `${UNIT}.service`,
      `${UNIT}.timer`,
    ]);
    await expect(schedule("--remove")).rejects.toThrow(code("USAGE", /There are 2 schedules: current in .*, v2.22.2 in /));
    await schedule("current", "--remove");
    expect(await stage.world.files.list(UNITS)).toEqual([`${UNIT}.service`, `${UNIT}.timer`]);
  });

  it("takes the place of its own, and never of what it did not write", async () => {
    await schedule(NAME);
    await schedule(NAME, "--calendar", "Mon..Fri 03:00");
    expect(await unit("timer")).toContain("OnCalendar=Mon..Fri 03:00\n");
    const own = (await unit("timer")) ?? "";
    for (const [text, why] of [
      ["[Timer]\nOnCalendar=daily\n", /and graph-mgr did not write it/],
      [own.replace(`"home":"${HOME}"`, '"home":"/srv/other"'), /and is for the home \/srv\/other/],
    ] as const) {
      await stage.world.files.write(`${UNITS}/${UNIT}.timer`, text);
      await expect(schedule(NAME)).rejects.toThrow(code("EXISTS", why));
      expect(await unit("timer")).toBe(text);
    }
  });

  it("F76 gives a home with odd signs to systemd as it is, and not as its own words", async () => {
    await schedule(NAME, "--to", '/mnt/my "usb" 100%n $HOME');
    expect(await unit("service")).toContain('--to "/mnt/my \\"usb\\" 100%%n $$HOME"');
  });

  it("keeps one where it was told to keep none, and quotes what is to be typed", async () => {
    await schedule("--unit-dir", "/srv/my units", "--keep-last", "0");
    const [name = ""] = await stage.world.files.list("/srv/my units");
    expect(await stage.world.files.read(`/srv/my units/${name}`)).toContain(" --keep-last 1 ");
    expect(printed.join("\n")).toContain("cp '/srv/my units'/graph-mgr-backup-current-");
    expect([...stage.machine.state.timers]).toEqual([]);
  });

  it.each([
    [["--at", "25:00"], "USAGE", /--at takes a time of day, not "25:00"/],
    [["--at", "02:30", "--calendar", "daily"], "USAGE", /two times/],
    [["--calendar", "daily\nPersistent=false"], "USAGE", /--calendar takes a time/],
    [["--alert", "/nothing/there"], "NO_FILE", /no program/],
    [["--user", "--unit-dir", "/x"], "USAGE", /two places/],
    [["--show", "--at", "02:30"], "USAGE", /--at is for writing/],
    [["--show", "--remove"], "USAGE", /two wishes/],
    [["v9.9.9"], "NO_INSTANCE", /There is no instance/],
    [["--keep-last", "many"], "USAGE", /whole number/],
  ] as const)("refuses %j and writes nothing", async (words, expected, message) => {
    await expect(schedule(...words)).rejects.toThrow(code(expected, message));
    expect(await stage.world.files.list(UNITS)).toEqual([]);
  });

  it("refuses a time that never comes, and a folder that this user may not write to", async () => {
    const { systemd } = stage.world;
    systemd.next = async () => null;
    await expect(schedule("--calendar", "2020-01-01")).rejects.toThrow(code("USAGE", /never comes/));
    systemd.next = async () => "soon";
    systemd.mayWrite = async () => false;
    await expect(schedule(NAME)).rejects.toThrow(
      expect.objectContaining({
        code: "NO_PERMISSION",
        exit: 3,
        hint: expect.stringContaining(`sudo graph-mgr backup schedule ${NAME}`),
      }),
    );
    expect(await stage.world.files.list(UNITS)).toEqual([]);
  });

  it("writes units where no systemd runs, and says how they are enabled", async () => {
    stage.world.systemd.isRunning = async () => false;
    await schedule(NAME);
    expect([...stage.machine.state.timers]).toEqual([]);
    expect(printed.join("\n")).toContain(
      `No systemd runs here, so nothing is enabled. Once it runs, this does it:\n  systemctl daemon-reload && systemctl enable --now ${UNIT}.timer`,
    );
  });

  it("takes back units with which systemd finds fault", async () => {
    stage.world.systemd.verify = async () => {
      throw new Error("Unit has a bad unit file setting");
    };
    await expect(schedule(NAME)).rejects.toThrow(
      expect.objectContaining({ exit: 5, message: expect.stringContaining("bad unit") }),
    );
    expect(await stage.world.files.list(UNITS)).toEqual([]);
  });
});

describe("remove of an instance that is backed up by the clock", () => {
  const removal = { instance: NAME, volumes: false, confirm: undefined, current: true };

  it("takes its schedule along, and no other", async () => {
    await schedule();
    await schedule(NAME);
    await stage.stop(NAME);
    printed = [];
    await remove(session(), removal);
    expect(printed.join("\n")).toContain(`its scheduled backup, ${UNIT}, goes with it`);
    expect((await stage.world.files.list(UNITS)).filter(name => name.startsWith(UNIT))).toEqual([]);
    expect([...stage.machine.state.timers]).toEqual([expect.stringContaining("current")]);
  });

  it("says so where only root may take it along", async () => {
    await schedule(NAME);
    await stage.stop(NAME);
    stage.world.systemd.mayWrite = async () => false;
    printed = [];
    await remove(session(), removal);
    expect(printed.join("\n")).toContain(
      `stays and will fail, because only root may remove it: sudo graph-mgr backup schedule ${NAME} --remove`,
    );
    expect(await unit("timer")).not.toBe(null);
    stage.world.systemd.mayWrite = async () => true;
    await schedule(NAME, "--remove");
    expect(await unit("timer")).toBe(null);
  });
});
