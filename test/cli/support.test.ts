import { beforeEach, describe, expect, it } from "vitest";
import { support } from "../../src/cli/commands/support.ts";
import { OperatorError } from "../../src/errors.ts";
import type { ParcelMember } from "../../src/host/world.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const DIR = `${HOME}/releases/${NAME}`;
const FILE = "/tmp/x.tar.gz";

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  stage.sim.disk.makeFolder("/tmp", 0o1777);
  await stage.install(NAME);
  stage.use("v2_22_2", DIR);
  printed = [];
});
const session = (flags: object = {}, over: object = {}) =>
  sessionOn(stage, { print: (text: string) => printed.push(text), version: async () => "0.1.0", ...over }, flags);
const members = async (): Promise<readonly ParcelMember[]> =>
  JSON.parse((await stage.world.files.read(FILE)) ?? "[]") as ParcelMember[];

describe("support", () => {
  it("F72 writes what helps, for its owner alone, and none of the secrets", async () => {
    const env = await stage.world.files.read(`${DIR}/.env`);
    const secret = /^POSTGRES_PASSWORD=(.*)$/m.exec(env ?? "")?.[1] ?? "";
    await stage.world.files.write(
      `${DIR}/.env`,
      `${env}# an old one: OLD_TOKEN=comment-canary\nMAIL_URL=smtp://me:url-canary@mail\n`,
    );
    await stage.world.files.write(`${DIR}/data/canary.txt`, "data-canary");
    await support(session(), { to: FILE, tail: undefined });
    const all = await members();
    const names = all.map(({ name }) => name);
    for (const name of [
      "ABOUT.txt",
      "doctor.json",
      "list.json",
      "machine.json",
      "versions.json",
      `records/${NAME}.json`,
      `status/${NAME}.json`,
      `instances/${NAME}/containers.json`,
      `instances/${NAME}/files/docker-compose.yml`,
      `instances/${NAME}/files/dot.env`,
      `instances/${NAME}/files/Caddyfile`,
    ])
      expect(names, name).toContain(name);
    expect(names.filter(name => name.endsWith("/plan.json"))).toHaveLength(1);
    expect(names.filter(name => name.endsWith(".log"))).toHaveLength(5);
    const text = JSON.stringify(all);
    expect(secret.length).toBeGreaterThan(4);
    expect(text).toContain("started with POSTGRES_PASSWORD ***");
    for (const canary of [secret, "comment-canary", "url-canary", "data-canary", "hunter2"])
      expect(text, canary).not.toContain(canary);
    expect(await stage.world.files.mode(FILE)).toBe(0o600);
    const said = printed.join("\n");
    expect(said).toContain("/tmp/x.tar.gz (");
    expect(said).toContain("look into it before you send it");
    expect(said).toContain("private keys, certificates");
  });

  it("F72 writes nothing where a secret could not be taken out", async () => {
    const { parcels } = stage.world;
    const write: typeof parcels.write = (path, all, inspect) =>
      parcels.write(path, [...all, { name: "leak.txt", text: Buffer.from(`me:${secretOf()}`).toString("base64") }], inspect);
    const secretOf = () => /^POSTGRES_PASSWORD=(.*)$/m.exec(stage.sim.disk.read(`${DIR}/.env`).toString())?.[1] ?? "";
    Object.assign(stage.world, { parcels: { write } });
    await expect(support(session(), { to: FILE, tail: 10 })).rejects.toThrow(
      expect.objectContaining({
        code: "SECRET_LEFT",
        exit: 1,
        message: expect.stringContaining("base64 of a secret in leak.txt"),
      }),
    );
    expect(await stage.world.files.exists(FILE)).toBe(false);
  });

  it("with --dry-run only says what would be in it; --json is one document", async () => {
    await support(session({ dryRun: true }), { to: FILE, tail: undefined });
    expect(printed.join("\n")).toContain("/tmp/x.tar.gz would hold:");
    expect(await stage.world.files.exists(FILE)).toBe(false);
    printed = [];
    await support(session({ json: true }), { to: FILE, tail: undefined });
    const said = JSON.parse(printed.join("")) as { file: string; members: unknown[]; leftOut: string[] };
    expect(said).toMatchObject({ schema: 1, file: FILE, sizeBytes: expect.any(Number) });
    expect(said.members).toContainEqual({ name: "doctor.json", sizeBytes: expect.any(Number) });
    expect(said.leftOut.length).toBeGreaterThan(2);
  });

  it("goes where one is unless told, under the time's name, and over nothing", async () => {
    stage.sim.disk.makeFolder("/srv/here", 0o755);
    await support(session({}, { cwd: "/srv/here" }), { to: undefined, tail: undefined });
    const [name = ""] = await stage.world.files.list("/srv/here");
    expect(name).toMatch(/^graph-mgr-support-\d{8}T\d{6}Z\.tar\.gz$/);
    await expect(support(session(), { to: `/srv/here/${name}`, tail: undefined })).rejects.toThrow(
      expect.objectContaining({ code: "EXISTS" }),
    );
  });

  it("F90 helps also where there is no engine, no record that can be read, and no home", async () => {
    const down = async () => {
      throw new OperatorError("COMMAND_FAILED", "`docker info` ended with code 1: Cannot connect to the Docker daemon");
    };
    for (const call of Object.keys(stage.world.engine)) Object.assign(stage.world.engine, { [call]: down });
    await stage.world.files.write(`${HOME}/.graph-mgr/instances/v9.9.9.json`, "{ no json", 0o600);
    await support(session(), { to: FILE, tail: undefined });
    const all = await members();
    expect(all.find(({ name }) => name === "doctor.json")?.text).toContain("Cannot connect to the Docker daemon");
    expect(all.map(({ name }) => name)).toContain(`instances/${NAME}/files/dot.env`);
    stage = new Stage();
    stage.sim.disk.makeFolder("/tmp", 0o1777);
    await support(session(), { to: FILE, tail: undefined });
    expect((await members()).map(({ name }) => name)).toContain("doctor.json");
  });
});
