import { beforeEach, describe, expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { OperatorError } from "../../src/errors.ts";
import { answering } from "../../src/survey/answering.ts";
import { type DoctorFacts, surveyDoctor } from "../../src/survey/doctor/facts.ts";
import { attempt, orNull } from "../../src/survey/doctor/looked.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

const NAME = "v2.22.2";
const DIR = `${HOME}/releases/${NAME}`;

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
});
const survey = () => surveyDoctor(stage.world, HOME, { list: async () => [], isLocked: async () => false });
const put = (path: string, text: string, mode = 0o644) => {
  stage.sim.disk.makeFolder(path.slice(0, path.lastIndexOf("/")), 0o755);
  stage.sim.disk.write(path, Buffer.from(text), mode);
};
/** As Compose would make it of files that say more than the sample's. */
const resolves = (change: (model: ComposeModel) => ComposeModel): void => {
  const { resolve } = stage.world.compose;
  const changed: typeof resolve = async (...asked) => change(await resolve(...asked));
  Object.assign(stage.world, { compose: answering(stage.world.compose, { resolve: changed }) });
};
const service = (name: string, more: object) => (model: ComposeModel) => ({
  ...model,
  services: { ...model.services, [name]: { ...model.services[name], ...more } },
});
const filesOf = ({ instances: [first] }: DoctorFacts) => {
  const files = first && orNull(first.files);
  if (!files) throw new Error("no files");
  return files;
};

describe("what is looked at", () => {
  it("holds no secret", async () => {
    const secrets = [...((await stage.world.files.read(`${DIR}/.env`)) ?? "").matchAll(/^\w*(?:PASSWORD|SECRET)\w*=(.{5,})$/gm)];
    expect(secrets.length).toBeGreaterThan(1);
    const text = JSON.stringify(await survey());
    for (const [, secret = ""] of secrets) expect(text).not.toContain(secret);
  });

  it("policies, also where deploy says them; a GPU, however it is asked for", async () => {
    const gpu = { resources: { reservations: { devices: [{ capabilities: ["gpu"] }] } } };
    resolves(model =>
      service("nexus", { deploy: gpu })(
        service("cache", { runtime: "nvidia" })(
          service("caddy", { gpus: "all", restart: undefined, deploy: { restart_policy: {} } })(model),
        ),
      ),
    );
    const { policies, gpu: asking } = filesOf(await survey());
    expect(policies).toMatchObject({ nexus: "unless-stopped", job: "no", caddy: null });
    expect([...asking].sort()).toEqual(["cache", "caddy", "nexus"]);
  });

  it("F73 a folder that is no home is nobody's to mend", async () => {
    stage.sim.disk.makeFolder("/etc", 0o777);
    const { home, permissions } = await surveyDoctor(stage.world, "/etc", { list: async () => [], isLocked: async () => false });
    expect(home.isThere).toBe(false);
    expect(permissions.paths.filter(({ what }) => what === "own")).toEqual([]);
    expect((await survey()).permissions.paths.filter(({ what }) => what === "own").length).toBeGreaterThan(2);
  });

  it("a home that nobody may look into", async () => {
    const { files } = stage.world;
    const isFolder = async (path: string) => {
      if (path === `${HOME}/.graph-mgr`) throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
      return await files.isFolder(path);
    };
    Object.assign(stage.world, { files: answering(files, { isFolder }) });
    const { home } = await survey();
    expect(home).toMatchObject({ isThere: false, unable: "This user may not do that" });
  });

  it("F38 keys of Compose's in other env files than .env, and who the project is", async () => {
    const record = `${HOME}/.graph-mgr/instances/${NAME}.json`;
    const text = (await stage.world.files.read(record)) ?? "";
    const changed = { ...(JSON.parse(text) as object), envFiles: [".env", "custom.env"] };
    await stage.world.files.write(record, JSON.stringify(changed));
    put(`${DIR}/custom.env`, "COMPOSE_PROJECT_NAME=other\nX=1\n");
    const { strayComposeKeys, projectName } = filesOf(await survey());
    expect(strayComposeKeys).toEqual([{ file: "custom.env", key: "COMPOSE_PROJECT_NAME" }]);
    expect(projectName).toBe("v2_22_2");
  });

  it("mounts of what is not there, and folders outside that are written to", async () => {
    put("/mnt/shared/x", "");
    const volumes = [
      { type: "bind", source: `${DIR}/gone`, target: "/gone" },
      { type: "bind", source: "/mnt/shared", target: "/shared" },
      { type: "bind", source: "/mnt/shared", target: "/read", read_only: true },
    ];
    resolves(service("nexus", { volumes }));
    const { missingBinds, writableOutside } = filesOf(await survey());
    expect(missingBinds).toEqual([{ service: "nexus", source: `${DIR}/gone` }]);
    expect(writableOutside).toEqual(["/mnt/shared"]);
  });

  it("names that a Caddyfile serves, and what they resolve to; addresses and patterns are none", async () => {
    put(`${DIR}/Caddyfile`, "a.example {\n}\n*.b.example, 10.0.0.1, localhost {\n}\n");
    Object.assign(stage.world.surroundings, { addresses: async (host: string) => (host === "a.example" ? ["10.0.0.9"] : null) });
    expect((await survey()).machine.hosts).toEqual([{ instance: NAME, host: "a.example", addresses: ["10.0.0.9"] }]);
  });

  it("certificates and keys among the configuration, but for those that Caddy renews", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    put(`${DIR}/etc/ssl/site.key`, "key", 0o644);
    put(`${DIR}/.caddy/pki/authorities/root.key`, "key", 0o600);
    put(`${DIR}/etc/ssl/broken.pem`, pem);
    const facts = await survey();
    const keys = facts.permissions.paths.filter(({ what }) => what === "key").map(({ path, mode }) => [path, mode]);
    expect(keys).toContainEqual([`${DIR}/etc/ssl/site.key`, 0o644]);
    expect(facts.certificates.seen).toEqual([]);
  });

  it("what nobody may see is named, and does not end the look", async () => {
    const { surroundings } = stage.world;
    const { entry } = surroundings;
    const denied = (path: string) =>
      Object.assign(new Error(`EACCES: permission denied, lstat '${path}'`), { code: "EACCES", path });
    Object.assign(surroundings, {
      entry: async (path: string) => {
        if (path.endsWith("/operations")) throw denied(path);
        return await entry(path);
      },
    });
    expect((await survey()).permissions.unreadable).toEqual([`${HOME}/.graph-mgr/operations`]);
  });

  it("links in the home are not followed", async () => {
    put("/etc/secret", "x", 0o666);
    stage.sim.disk.symlink("/etc/secret", `${HOME}/.graph-mgr/link`);
    const { paths } = (await survey()).permissions;
    expect(paths.filter(({ path }) => path.includes("link") || path.includes("secret"))).toEqual([]);
    expect(paths.some(({ path }) => path === `${HOME}/.graph-mgr/instances/${NAME}.json`)).toBe(true);
  });
});

describe("a look that fails", () => {
  it("is told by what was said, in one line, without the command line", async () => {
    const error = new OperatorError(
      "COMMAND_FAILED",
      "`docker info --format '{{json .ID}}'` ended with code 1: Cannot connect.\nIs it running?",
    );
    expect(await attempt(() => Promise.reject(error))).toEqual({ unable: "Cannot connect", code: "COMMAND_FAILED", hint: null });
    const denied = Object.assign(new Error("EACCES"), { code: "EACCES", path: "/x" });
    expect(await attempt(() => Promise.reject(denied))).toMatchObject({
      unable: "This user may not do that: /x",
      code: "NO_PERMISSION",
    });
    expect(await attempt(async () => JSON.parse("{") as unknown)).toMatchObject({ code: "BAD_RECORD" });
  });

  it("and a bug of ours is not hidden", async () => {
    await expect(attempt(() => Promise.reject(new TypeError("x is not a function")))).rejects.toThrow(TypeError);
  });
});
