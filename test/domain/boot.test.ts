import { describe, expect, it } from "vitest";
import { bootUnitName, bootUnitText, parseBootUnit } from "../../src/domain/boot.ts";

const PROGRAM = ["/usr/bin/node", "/usr/lib/graph-mgr/dist/graph-mgr.js"];
const text = (home: string) =>
  bootUnitText({ schema: 1, home }, "multi-user.target", PROGRAM, { DOCKER_HOST: "tcp://engine:2376" });

describe("the unit that starts what is current with the machine", () => {
  it("F16 names no instance, and waits for the engine", () => {
    expect(text("/srv/graphistry")).toMatchInlineSnapshot(`
      "# graph-mgr boot: {"schema":1,"home":"/srv/graphistry"}
      # Written by \`graph-mgr boot enable\`, which shows it; \`graph-mgr boot disable\` removes it.
      [Unit]
      Description=Start of the current instance by graph-mgr
      Wants=docker.service network-online.target
      After=docker.service network-online.target

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      Environment=DOCKER_HOST=tcp://engine:2376
      ExecStart=/usr/bin/node /usr/lib/graph-mgr/dist/graph-mgr.js launch --unless-stopped --home /srv/graphistry --yes
      KillMode=mixed
      TimeoutStopSec=5min

      [Install]
      WantedBy=multi-user.target
      "
    `);
  });

  it("F76 gives a home with odd signs as it is, and reads it back", () => {
    const home = '/srv/100%n "a" $HOME\nExecStartPre=/bin/evil\\';
    const unit = text(home);
    expect(unit).toContain(' --home "/srv/100%%n \\"a\\" $$HOME\\x0aExecStartPre=/bin/evil\\\\" --yes\n');
    expect(unit.split("\n").filter(line => line.startsWith("ExecStartPre"))).toEqual([]);
    expect(parseBootUnit(unit)).toEqual({ schema: 1, home });
  });

  it("that graph-mgr did not write, or a newer one did, is nobody's", () => {
    for (const odd of ["", "[Unit]\n", "# graph-mgr boot: {", text("/a").replace('"schema":1', '"schema":2')])
      expect(parseBootUnit(odd)).toBe(null);
  });

  it("has a name of its own in each home", () => {
    expect(bootUnitName("/srv/a")).toMatch(/^graph-mgr-boot-[0-9a-f]{8}$/);
    expect(bootUnitName("/srv/a")).not.toBe(bootUnitName("/srv/b"));
  });
});
