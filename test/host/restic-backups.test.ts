import { beforeEach, describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import type { Executor } from "../../src/host/exec.ts";
import { publicSettings } from "../../src/host/restic.ts";
import { createResticBackups } from "../../src/host/restic-backups.ts";

/** What restic is told to do; it answers with these snapshots. */
let there: { readonly id: string; readonly original?: string; readonly name: string; readonly file: string }[];
let ran: Command[];
const executor: Executor = {
  run: async command => {
    ran.push(command);
    if (command.args[0] !== "snapshots") return "";
    return JSON.stringify(
      there.map(({ name, file, ...each }) => ({
        ...each,
        time: "2026-11-20T10:15:00Z",
        paths: [`/${file}`],
        tags: ["graph-mgr", name],
      })),
    );
  },
  feed: () => Promise.reject(new Error("nothing is fed")),
  pipe: () => {
    throw new Error("nothing is read");
  },
  attach: () => Promise.reject(new Error("nothing is shown")),
};
const ENVIRONMENT = {
  RESTIC_PASSWORD: "canary",
  RESTIC_REPOSITORY: "/theirs",
  AWS_ACCESS_KEY_ID: "canary",
  POSTGRES_PASSWORD: "canary",
};
const backups = createResticBackups(executor, ENVIRONMENT);
const PLACE = "restic:/srv/repository";
const did = () => ran.map(({ args }) => args).filter(([verb]) => verb !== "snapshots");
beforeEach(() => {
  there = [];
  ran = [];
});

describe("an archive of a few snapshots", () => {
  const contents = (["head.tar", "folder.tar"] as const).map((file, at) => ({ id: `c${at}`, name: "7-v1.tar", file }));

  it("gets its name by one tag", async () => {
    there = [...contents, { id: "t", name: ".7-v1.tar.unread", file: "tail.tar" }];
    await backups.rename(`${PLACE}/.7-v1.tar.unread`, `${PLACE}/7-v1.tar`);
    expect(did()).toEqual([["tag", "--set", "graph-mgr", "--set", "7-v1.tar", "t"]]);
  });

  it("that was cut off while it got its name has it, and loses the old one", async () => {
    there = [
      ...contents,
      { id: "t", name: ".7-v1.tar.unread", file: "tail.tar" },
      { id: "new", original: "t", name: "7-v1.tar", file: "tail.tar" },
    ];
    await backups.rename(`${PLACE}/.7-v1.tar.unread`, `${PLACE}/7-v1.tar`);
    expect(did()).toEqual([["forget", "t"]]);
  });

  it("never takes the name of another", async () => {
    there = [
      ...contents,
      { id: "t", name: ".7-v1.tar.unread", file: "tail.tar" },
      { id: "other", name: "7-v1.tar", file: "tail.tar" },
    ];
    await expect(backups.rename(`${PLACE}/.7-v1.tar.unread`, `${PLACE}/7-v1.tar`)).rejects.toMatchObject({ code: "EXISTS" });
    expect(did()).toEqual([]);
  });

  it("goes with all of it, but for what it has under another name", async () => {
    there = [...contents, { id: "t", name: "7-v1.tar", file: "tail.tar" }, { id: "else", name: "8-v1.tar", file: "tail.tar" }];
    await backups.remove(`${PLACE}/7-v1.tar`);
    expect(did()).toEqual([["forget", "t", "c0", "c1"]]);
    ran = [];
    there = [...there, { id: "old", name: ".7-v1.tar.unread", file: "tail.tar" }];
    await backups.remove(`${PLACE}/.7-v1.tar.unread`);
    expect(did()).toEqual([["forget", "old"]]);
  });

  it("without its end is cleared away, and is none until then", async () => {
    there = contents;
    expect(await backups.exists(`${PLACE}/.7-v1.tar.writing`)).toBe(false);
    await backups.remove(`${PLACE}/.7-v1.tar.writing`);
    expect(did()).toEqual([["forget", "c0", "c1"]]);
  });
});

it("the repository and its secrets are in the environment alone, and nobody else's", async () => {
  await backups.list(PLACE);
  expect(ran).toEqual([
    {
      program: "restic",
      args: ["snapshots", "--json", "--tag", "graph-mgr"],
      env: { RESTIC_REPOSITORY: "/srv/repository", RESTIC_PASSWORD: "canary", AWS_ACCESS_KEY_ID: "canary" },
    },
  ]);
});

it("what may stand in a unit is what says where a secret is", () => {
  expect(
    publicSettings({ ...ENVIRONMENT, RESTIC_PASSWORD_FILE: "/root/password", AWS_SECRET_ACCESS_KEY: "canary", AWS_REGION: "" }),
  ).toEqual({
    open: { RESTIC_PASSWORD_FILE: "/root/password" },
    withheld: ["RESTIC_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  });
});

it("F75 asks ssh itself where restic ends before it has passed on what ssh says of a host key", async () => {
  const failing = (ssh: string): Executor => ({
    ...executor,
    run: async ({ program }) => {
      const said = program === "restic" ? "Fatal: unable to open repository: unable to start the sftp session, error: EOF" : ssh;
      throw new OperatorError("COMMAND_FAILED", `\`${program}\` ended with code 1: ${said}`);
    },
  });
  const listed = (ssh: string) =>
    createResticBackups(failing(ssh), ENVIRONMENT).list("restic:sftp://root@vault:2222//srv/repository");
  await expect(listed("Host key verification failed.")).rejects.toMatchObject({
    code: "HOST_KEY",
    hint: expect.stringContaining("ssh -p 2222 root@vault"),
  });
  await expect(listed("ssh: connect to host vault port 2222: Connection refused")).rejects.toMatchObject({
    code: "RESTIC_FAILED",
    message: expect.stringContaining("Connection refused"),
  });
});
