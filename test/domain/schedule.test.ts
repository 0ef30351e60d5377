import { describe, expect, it } from "vitest";
import { beganAt, isDrillDue, parseUnit, type Schedule, unitName, unitTexts } from "../../src/domain/schedule.ts";

const schedule: Schedule = {
  schema: 1,
  home: "/srv/graphistry",
  instance: "v2.22.2",
  calendar: "*-*-* 02:30:00",
  to: null,
  keep: { last: 0, daily: 7, weekly: 4 },
  drills: "weekly",
  encryption: null,
  alert: null,
};
const PROGRAM = ["/usr/bin/node", "/usr/lib/graph-mgr/dist/graph-mgr.js"];
const commandOf = (over: Partial<Schedule>, program = PROGRAM): string =>
  /^ExecStart=(.*)$/m.exec(unitTexts({ ...schedule, ...over }, program, {}).service)?.[1] ?? "";

describe("units of a schedule", () => {
  it("run a backup by the clock, also one that was missed", () => {
    const { service, timer } = unitTexts(schedule, PROGRAM, { DOCKER_HOST: "unix:///run/user/1000/docker.sock" });
    expect(service).toMatchInlineSnapshot(`
      "# graph-mgr schedule: {"schema":1,"home":"/srv/graphistry","instance":"v2.22.2","calendar":"*-*-* 02:30:00","to":null,"keep":{"last":0,"daily":7,"weekly":4},"drills":"weekly","encryption":null,"alert":null}
      # Written by \`graph-mgr backup schedule\`, which shows it, changes it and removes it.
      [Unit]
      Description=Scheduled backup of v2.22.2 by graph-mgr
      After=docker.service network-online.target graph-mgr-boot-996fd521.service

      [Service]
      Type=oneshot
      Environment=DOCKER_HOST=unix:///run/user/1000/docker.sock
      ExecStart=/usr/bin/node /usr/lib/graph-mgr/dist/graph-mgr.js backup nightly v2.22.2 --home /srv/graphistry --yes --keep-daily 7 --keep-weekly 4 --drills weekly
      Nice=10
      KillMode=mixed
      TimeoutStopSec=5min
      "
    `);
    expect(timer).toMatchInlineSnapshot(`
      "# graph-mgr schedule: {"schema":1,"home":"/srv/graphistry","instance":"v2.22.2","calendar":"*-*-* 02:30:00","to":null,"keep":{"last":0,"daily":7,"weekly":4},"drills":"weekly","encryption":null,"alert":null}
      # Written by \`graph-mgr backup schedule\`, which shows it, changes it and removes it.
      [Unit]
      Description=Time of the scheduled backup of v2.22.2 by graph-mgr

      [Timer]
      OnCalendar=*-*-* 02:30:00
      Persistent=true

      [Install]
      WantedBy=timers.target
      "
    `);
  });

  it("name no instance where it is for whatever is current", () => {
    const { service } = unitTexts({ ...schedule, instance: null, keep: null }, PROGRAM, {});
    expect(service).toContain("Description=Scheduled backup of the current instance by graph-mgr\n");
    expect(service).toMatch(/ backup nightly --home \/srv\/graphistry --yes --drills weekly$/m);
  });

  it("F76 give every word as it is: nothing in it is a quote, a variable, a specifier or a line of its own", () => {
    expect(commandOf({ home: '/srv/a "b" c', alert: "/opt/al ert" })).toContain(
      '--home "/srv/a \\"b\\" c" --yes --keep-daily 7 --keep-weekly 4 --drills weekly --alert "/opt/al ert"',
    );
    expect(commandOf({ home: "/srv/100%n" })).toContain("--home /srv/100%%n ");
    expect(commandOf({ home: "/srv/$HOME" })).toContain('--home "/srv/$$HOME" ');
    expect(commandOf({ home: "/srv/a\\nb" })).toContain('--home "/srv/a\\\\nb" ');
    expect(commandOf({ home: "/srv/a\nExecStartPost=/bin/evil" })).toContain('--home "/srv/a\\x0aExecStartPost=/bin/evil" ');
    expect(commandOf({ to: "/mnt/; rm -rf" })).toContain('--to "/mnt/; rm -rf" ');
  });

  it("F76 keep what would be lines of their own out of comments too", () => {
    const { service } = unitTexts({ ...schedule, home: "/srv/a\nExecStartPre=/bin/evil\\" }, PROGRAM, {});
    expect(service.split("\n").filter(line => line.startsWith("ExecStartPre"))).toEqual([]);
    expect(service.split("\n")[0]).toMatch(/^# .*\}$/);
  });

  it("say what they are, so that they can be read back", () => {
    for (const given of [
      schedule,
      { ...schedule, instance: null, keep: null, to: "/mnt/x", alert: "/opt/a", home: "/a\n\"b'" },
    ]) {
      const { service, timer } = unitTexts(given, PROGRAM, {});
      expect([parseUnit(service), parseUnit(timer)]).toEqual([given, given]);
    }
  });

  it("that graph-mgr did not write, or a newer one did, are nobody's", () => {
    expect(parseUnit("[Unit]\nDescription=mine\n")).toBe(null);
    expect(parseUnit("")).toBe(null);
    expect(parseUnit("# graph-mgr schedule: {")).toBe(null);
    expect(parseUnit(unitTexts(schedule, PROGRAM, {}).service.replace('"schema":1', '"schema":2'))).toBe(null);
  });

  it("are called by the instance's project, or by the home that has a current one", () => {
    expect(unitName("v2_22_2_training", "/srv/a")).toBe("graph-mgr-backup-v2_22_2_training");
    expect(unitName(null, "/srv/a")).toMatch(/^graph-mgr-backup-current-[0-9a-f]{8}$/);
    expect(unitName(null, "/srv/a")).not.toBe(unitName(null, "/srv/b"));
  });
});

describe("a drill", () => {
  it.each([
    ["never", null, true],
    ["yesterday", "2026-11-20T02:30:00Z", false],
    ["a week ago, a little later in the night", "2026-11-14T02:40:00Z", true],
    ["six days ago", "2026-11-15T02:30:00Z", false],
    ["by a clock that was ahead", "2026-12-01T02:30:00Z", true],
  ])("that was last made %s", (_, last, isDue) => {
    expect(isDrillDue(last, "2026-11-21T02:30:00Z")).toBe(isDue);
  });

  it("was begun when its operation says", () => {
    expect(beganAt("20261121T023000Z-backup-drill-3f9a00")).toBe("2026-11-21T02:30:00Z");
    expect(beganAt("odd")).toBe(null);
  });
});
