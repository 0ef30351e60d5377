import { expect, it } from "vitest";
import { parseSshTarget, sshTargetText } from "../../src/domain/ssh-target.ts";

it.each([
  ["new-host", { user: null, host: "new-host", port: null }],
  ["root@new-host.example.com", { user: "root", host: "new-host.example.com", port: null }],
  ["admin@10.0.0.7:2222", { user: "admin", host: "10.0.0.7", port: 2222 }],
  ["root@[fd00::7]:22", { user: "root", host: "fd00::7", port: 22 }],
])("%s is a machine", (text, target) => {
  expect(parseSshTarget(text)).toEqual(target);
  expect(sshTargetText(parseSshTarget(text))).toBe(text);
});

// F75, F76: what ssh or a shell would make something else of.
it.each([
  "",
  "-oProxyCommand=touch x",
  "root@-oProxyCommand=touch",
  "-l@host",
  "host;touch x",
  "$(touch x)",
  "`touch x`@host",
  "ro ot@host",
  "host:0",
  "host:70000",
  "host:22:22",
  "root@host/path",
  "a@b@c",
  "[fd00::7",
  "host\n",
])("%j is none", text => {
  expect(() => parseSshTarget(text)).toThrow(
    expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("[user@]host") }),
  );
});
