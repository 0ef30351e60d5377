import { describe, expect, it } from "vitest";
import { isRemote, parsePlace, placeAt } from "../../src/domain/backup-place.ts";
import { OperatorError } from "../../src/errors.ts";
import { servantCommand } from "../../src/host/remote-servant.ts";

describe("a place on another machine", () => {
  it.each([
    ["ssh://vault/srv/backups", { user: null, host: "vault", port: null, path: "/srv/backups" }],
    ["ssh://me@vault.example.com:2222/a b/c", { user: "me", host: "vault.example.com", port: 2222, path: "/a b/c" }],
    ["ssh://[fd00::1]:22/x", { user: null, host: "fd00::1", port: 22, path: "/x" }],
    ["ssh://vault/$(reboot)", { user: null, host: "vault", port: null, path: "/$(reboot)" }],
  ])("%s", (text, place) => {
    expect(parsePlace(text)).toEqual(place);
  });

  it.each([
    "ssh://",
    "ssh://vault",
    "ssh://vault/",
    "ssh://vault:0/x",
    "ssh://vault:99999/x",
    "ssh:///x",
    "ssh://vault/a/../b",
    "ssh://vault/a//b",
    "ssh://vault/a\nb",
    "ssh://-oProxyCommand=touch x/y",
    "ssh://-oProxyCommand=touch/y",
    "ssh://-vv/y",
    "ssh://-l@vault/y",
    "ssh://a b/c",
    "ssh://me:canary@vault/x",
  ])("F75 %s is none", text => {
    const refused = (() => {
      try {
        return parsePlace(text);
      } catch (error) {
        return error as OperatorError;
      }
    })();
    expect(refused).toBeInstanceOf(OperatorError);
    expect(refused).toMatchObject({ code: "BAD_PLACE", hint: expect.stringContaining("ssh://user@host") });
    expect(String(refused)).not.toContain("canary");
  });

  it("is no path of this machine, which are made absolute", () => {
    const resolve = (path: string) => `/here/${path}`;
    expect(placeAt("ssh://vault/srv/", resolve)).toBe("ssh://vault/srv");
    expect(placeAt("usb", resolve)).toBe("/here/usb");
    expect([isRemote("ssh://vault/x"), isRemote("/ssh://x")]).toEqual([true, false]);
  });

  it.each([
    ["ftp://vault/srv", "ssh://user@host"],
    ["https://me:canary@vault/srv", "ssh://user@host"],
    ["sftp://me:canary@vault/srv", "restic:"],
    ["file:///srv", "./NAME"],
    ["s3:bucket/x", "restic:s3:bucket/x"],
    ["vault:/srv/backups", "ssh://vault/srv/backups"],
    ["root@vault:/srv/backups", "ssh://root@vault/srv/backups"],
    ["root@vault:backups", "ssh://user@host"],
    ["SSH://vault/srv", "ssh://user@host"],
    ["~/backups", "./~/backups"],
    ["~", "./~"],
    [" ", "ssh://user@host"],
    ["~ann/x", "./~ann/x"],
  ])("F75 %s would be a folder here, and is refused", (given, cure) => {
    const refused = (() => {
      try {
        return placeAt(given, path => `/here/${path}`);
      } catch (error) {
        return error as OperatorError;
      }
    })();
    expect(refused).toMatchObject({ code: "BAD_PLACE", hint: expect.stringContaining(cure) });
    expect(`${refused}`).not.toContain("canary");
    expect((refused as OperatorError).hint).not.toContain("canary");
  });

  it.each(["./a:b", "/srv/a:b", "x/~", "a/b:c", "./~/x", "usb", "12 Uhr/x"])("%s is a folder here", given => {
    expect(placeAt(given, path => `/here/${path}`)).toBe(`/here/${given}`);
  });

  it("F75 F76 is reached by one command, in which nothing of the path stands", () => {
    const { program, args } = servantCommand(parsePlace("ssh://me@vault:2222/$(reboot)"));
    expect(program).toBe("ssh");
    expect(args.slice(0, -1)).toEqual([
      "-T",
      ...["BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "ForwardAgent=no", "ForwardX11=no"].flatMap(each => [
        "-o",
        each,
      ]),
      ...["ClearAllForwardings=yes", "PermitLocalCommand=no", "ConnectTimeout=15"].flatMap(each => ["-o", each]),
      ...["ServerAliveInterval=10", "ServerAliveCountMax=3"].flatMap(each => ["-o", each]),
      "-p",
      "2222",
      "-l",
      "me",
      "--",
      "vault",
    ]);
    expect(args.at(-1)).toBe(servantCommand(parsePlace("ssh://other/x")).args.at(-1));
    expect(args.at(-1)).not.toContain("reboot");
    // It stands in single quotes there.
    expect(args.at(-1)?.split("'")).toHaveLength(3);
  });
});
