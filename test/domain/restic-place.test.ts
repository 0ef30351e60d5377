import { describe, expect, it } from "vitest";
import { isRemote, placeAt } from "../../src/domain/backup-place.ts";
import { isRestic, resticFolder, resticParts, sftpTarget } from "../../src/domain/restic-place.ts";
import { snapshotsIn, tailIn } from "../../src/domain/restic-snapshots.ts";
import type { OperatorError } from "../../src/errors.ts";
import { resticCommand } from "../../src/host/restic.ts";

const resolve = (path: string) => (path.startsWith("/") ? path : `/here/${path}`);

describe("a repository of restic", () => {
  it.each([
    ["restic:/srv/repository/", "restic:/srv/repository", "/srv/repository"],
    ["restic:usb/it's", "restic:/here/usb/it's", "/here/usb/it's"],
    ["restic:local:usb", "restic:/here/usb", "/here/usb"],
    ["restic:sftp:me@vault:/srv/repository", "restic:sftp:me@vault:/srv/repository", null],
    ["restic:sftp://me@[fd00::1]:2222//srv/x/", "restic:sftp://me@[fd00::1]:2222//srv/x", null],
    ["restic:s3:https://host:9000/bucket", "restic:s3:https://host:9000/bucket", null],
    ["restic:rest:https://me@host:8000/", "restic:rest:https://me@host:8000", null],
    ["restic:b2:bucket", "restic:b2:bucket", null],
  ])("%s", (given, place, folder) => {
    expect(placeAt(given, resolve)).toBe(place);
    expect([isRestic(place), isRemote(place), resticFolder(place)]).toEqual([true, true, folder]);
    expect(resticParts(`${place}/7-v1.tar`)).toEqual({ repository: place.slice(7), name: "7-v1.tar" });
  });

  it.each([
    "restic:",
    "restic:/",
    "restic:/a\nb",
    "restic:sftp:",
    "restic:sftp:vault",
    "restic:sftp://vault",
    "restic:sftp:/srv/x",
  ])("%s is none", given => {
    expect(() => placeAt(given, resolve)).toThrow(expect.objectContaining({ code: "BAD_PLACE" }));
  });

  it.each(["restic:sftp:-oProxyCommand=x:/srv", "restic:sftp://-v/srv", "restic:sftp:a b:/srv", "restic:sftp:me@x;y:/srv"])(
    "F75 %s names no machine",
    given => {
      expect(() => placeAt(given, resolve)).toThrow(expect.objectContaining({ code: "USAGE" }));
    },
  );

  it("with a password in it is refused without showing that", () => {
    const refused = (() => {
      try {
        return placeAt("restic:rest:https://me:canary@host/x", resolve);
      } catch (error) {
        return error as OperatorError;
      }
    })();
    expect(refused).toMatchObject({ code: "BAD_PLACE", message: expect.stringContaining("rest:https://me:...@host/x") });
    expect(JSON.stringify([String(refused), refused])).not.toContain("canary");
  });

  it("F75 is reached by ssh as every other machine, and no word of the place is one of the command", () => {
    expect(sftpTarget("restic:sftp://me@vault:2222//srv/x")).toEqual({ user: "me", host: "vault", port: 2222 });
    expect(sftpTarget("restic:/srv/sftp:x:y")).toBe(null);
    const { program, args } = resticCommand("restic:sftp:me@vault:/srv/$(reboot)", ["snapshots"]);
    expect([program, args.length, args[0], args[2]]).toEqual(["restic", 3, "-o", "snapshots"]);
    expect(args[1]).toMatch(/^sftp\.command=ssh -s -T -o BatchMode=yes -o StrictHostKeyChecking=yes .* -l me -- vault sftp$/);
    expect(resticCommand("restic:/srv/$(reboot)", ["snapshots"])).toEqual({ program: "restic", args: ["snapshots"] });
  });
});

describe("what restic lists", () => {
  const snapshot = (id: string, more: object = {}) => ({
    id,
    time: `2026-11-20T10:15:0${id}.123456789+01:00`,
    paths: ["/tail.tar"],
    tags: ["graph-mgr", "7-v1.tar"],
    hostname: "vm",
    ...more,
  });

  it("is ours where it has our tag, and a name of its own", () => {
    const all = [
      snapshot("2", { original: "1" }),
      snapshot("3", { tags: null }),
      snapshot("4", { tags: ["nightly"] }),
      snapshot("5", { tags: ["graph-mgr"] }),
      snapshot("6", { paths: ["/tail.tar", "/etc"] }),
    ];
    expect(snapshotsIn(JSON.stringify(all))).toEqual([{ id: "2", origin: "1", name: "7-v1.tar", file: "tail.tar" }]);
    expect([snapshotsIn("null"), snapshotsIn("[]")]).toEqual([[], []]);
  });

  it("is taken in the order of its times", () => {
    expect(tailIn(snapshotsIn(JSON.stringify([snapshot("9"), snapshot("1")])), "7-v1.tar")?.id).toBe("9");
  });
});
