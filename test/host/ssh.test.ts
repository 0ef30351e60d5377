import { expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { installScript, onceScript } from "../../src/host/remote-program.ts";
import { sshCommand, sshScript } from "../../src/host/ssh.ts";
import { inSshWords } from "../../src/host/ssh-errors.ts";

const access = {
  target: { user: "root", host: "new-host", port: 2222 },
  identity: "/root/key",
  knownHosts: "/root/known hosts",
};

it("nobody is asked, host keys are strict, and nothing of ours is forwarded", () => {
  expect(sshCommand(access, ["node", "x.js", "--json"])).toEqual({
    program: "ssh",
    args: [
      "-T",
      ...["BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "ForwardAgent=no", "ForwardX11=no"].flatMap(each => [
        "-o",
        each,
      ]),
      ...[
        "ClearAllForwardings=yes",
        "PermitLocalCommand=no",
        "ConnectTimeout=15",
        "ServerAliveInterval=10",
        "ServerAliveCountMax=3",
      ].flatMap(each => ["-o", each]),
      ...["-i", "/root/key", "-o", "IdentitiesOnly=yes", "-o", 'UserKnownHostsFile="/root/known hosts"'],
      ...["-p", "2222", "-l", "root", "--", "new-host", "node", "x.js", "--json"],
    ],
  });
});

it.each(["a b", "$(touch x)", "`x`", "a;b", "a|b", "a&b", "'", '"', "*", "~", "", "a\nb", "a>b", "\\"])(
  "the word %j is not said to a shell over there",
  word => {
    expect(() => sshCommand(access, ["node", word])).toThrow(expect.objectContaining({ code: "REMOTE_WORD" }));
  },
);

it("scripts over there are constants, one word for ssh", () => {
  const program = { folder: ".local/share/graph-mgr/0.1.0-abc", bin: ".local/share/graph-mgr/0.1.0-abc/dist/graph-mgr.js" };
  for (const script of [installScript(program), onceScript(["receive", "look", "none", "--json"])]) {
    const { args } = sshScript(access, script);
    expect(args.at(-1)).toBe(`sh -c '${script}'`);
    expect(args.at(-2)).toBe("new-host");
  }
  expect(() => sshScript(access, "it's")).toThrow();
});

it.each([
  [
    "No ED25519 host key is known for new-host and you have requested strict checking.\nHost key verification failed.",
    "HOST_KEY",
  ],
  ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "HOST_KEY"],
  ["root@new-host: Permission denied (publickey).", "SSH_LOGIN"],
  ["ssh: connect to host new-host port 22: Connection refused", "NOT_REACHED"],
  ["ssh: Could not resolve hostname new-host", "NOT_REACHED"],
  ["Timeout, server new-host not responding.", "NOT_REACHED"],
])("what ssh says is said to the operator: %s", (said, code) => {
  const error = new OperatorError("COMMAND_FAILED", `\`ssh -T\` ended with code 255: ${said}`);
  expect(inSshWords(error, access)).toMatchObject({ code, hint: expect.any(String) });
});

it.each([
  [
    "`ssh -T -p 2222` ended with code 255: ssh: connect to host new-host port 2222: Connection refused",
    "root@new-host:2222 cannot be reached by ssh, or the connection was lost: connect to host new-host port 2222: Connection refused.",
    "see whether it works by hand: ssh -i '/root/my key' -p 2222 root@new-host",
  ],
  [
    "`ssh -T` ended with code 255: Warning: Identity file /nope not accessible: No such file or directory.\nroot@new-host: Permission denied (publickey).",
    "root@new-host:2222 does not let this user in with a key (Identity file /nope not accessible: No such file or directory).",
    "ssh-copy-id there first, or name the key with --identity FILE",
  ],
])("a failure says what ssh said and how to try it, and no options of ours", (said, message, hint) => {
  const target = { user: "root", host: "new-host", port: 2222 };
  const error = new OperatorError("COMMAND_FAILED", said);
  expect(inSshWords(error, { target, identity: "/root/my key" })).toMatchObject({ message, hint });
});

it("what the program over there says is not taken for ssh's words", () => {
  const error = new OperatorError("NO_ROOM", "there is no room");
  expect(inSshWords(error, access)).toBe(error);
});
