import { beforeEach, describe, expect, it } from "vitest";
import type { Brought } from "../../src/domain/brought.ts";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { layoutFor } from "../../src/domain/product.ts";
import { parseProduct } from "../../src/domain/product-file.ts";
import { surveyBeside } from "../../src/survey/beside.ts";
import { described } from "../simulator/sample.ts";
import { Stage } from "../simulator/scenario.ts";

const DIR = "/srv/instance";
const layout = layoutFor(parseProduct(described["graphistry.yml"], "graphistry.yml"), "v2.45.11");
const base = {
  "docker-compose.yml": "services: { nexus: { image: nexus } }\n",
  ".env": "A=1\n",
  "data/config/Caddyfile": "import *.caddy\n",
  "extra/vendor.txt": "vendor's\n",
};

let stage: Stage;
const put = (path: string, bytes: string | Buffer) => {
  const at = `${DIR}/${path}`;
  stage.sim.disk.makeFolder(at.slice(0, at.lastIndexOf("/")), 0o755);
  stage.sim.disk.write(at, Buffer.from(bytes), 0o644);
};
const model = (...binds: readonly string[]): ComposeModel => ({
  name: "p",
  services: { nexus: { volumes: binds.map(path => ({ type: "bind", source: `${DIR}/${path}`, target: `/opt/${path}` })) } },
});
type Over = { readonly theirs?: typeof base; readonly mine?: typeof base; readonly brought?: Brought };
const survey = (own: ComposeModel = model(), over: Over = {}) =>
  surveyBeside(stage.world.files, {
    dir: DIR,
    layout,
    base,
    brought: {},
    theirs: base,
    mine: base,
    model: own,
    vendor: { model: model("extra"), dir: DIR },
    ...over,
  });

beforeEach(() => {
  stage = new Stage();
  for (const [path, text] of Object.entries(base)) put(path, text);
  put("data/uploads/one", "upload");
});

it("an instance that nobody added anything to has nothing beside", async () => {
  expect(await survey(model("extra", "data/uploads"))).toEqual({ texts: {}, folders: [], behind: [] });
});

it("compose files that Compose reads are merged, and one that it does not read is named", async () => {
  put("docker-compose.override.yml", "services: { nexus: { env_file: [ my.list ] } }\n");
  put("my.list", "B=1\n");
  put("more.yml", "services: { }\n");
  const found = await survey();
  expect(Object.keys(found.texts)).toEqual(["docker-compose.override.yml", "my.list"]);
  expect(found.behind).toEqual(["more.yml"]);
  const chosen = await survey(model(), { mine: { ...base, ".env": "COMPOSE_FILE=docker-compose.yml:more.yml\n" } });
  expect(Object.keys(chosen.texts)).toEqual(["more.yml"]);
  expect(chosen.behind).toEqual(["docker-compose.override.yml", "my.list"]);
});

it("files in the folders of texts are merged, and what is no text is named", async () => {
  put("data/config/x.caddy", "respond 200\n");
  put("data/config/sites/y.caddy", "respond 200\n");
  put("data/config/logo.png", Buffer.from([0x89, 0x50, 0x00, 0xff]));
  stage.sim.disk.symlink("/etc/passwd", `${DIR}/data/config/link`);
  const { texts, behind } = await survey();
  expect(Object.keys(texts)).toEqual(["data/config/sites/y.caddy", "data/config/x.caddy"]);
  expect(behind).toEqual(["data/config/link", "data/config/logo.png"]);
});

it("mounts of the administrator's own are carried, but where the vendor has something there, file by file", async () => {
  put("plugins/deep/one.so", "one");
  put("ca.pem", "certificate");
  put("shared/mine.txt", "mine");
  put("shared/both.txt", "mine");
  put("extra/mine.txt", "mine");
  const theirs = { ...base, "shared/both.txt": "vendor's" };
  const found = await survey(model("plugins", "ca.pem", "shared", "extra", "data/uploads"), { theirs });
  expect(found).toEqual({
    texts: { "ca.pem": "certificate", "shared/both.txt": "mine", "shared/mine.txt": "mine" },
    folders: ["plugins"],
    behind: ["extra/mine.txt"],
  });
});

describe("what the vendor brought besides texts", () => {
  const MANUAL = Buffer.from([0x25, 0x50, 0x00, 0xff]);
  const FILES = ["docs/manual.pdf", "etc/scripts/tool", "data/uploads/sample"];
  const FOLDERS = ["docs/empty", "empty/deep"];

  /** As it was laid out, and what was noted of it then. */
  async function laidOut(): Promise<Brought> {
    for (const path of FILES) put(path, MANUAL);
    for (const path of FOLDERS) stage.sim.disk.makeFolder(`${DIR}/${path}`, 0o755);
    stage.sim.disk.symlink("manual.pdf", `${DIR}/docs/latest`);
    const paths = [...FILES, ...FOLDERS, "docs", "docs/latest", "etc", "etc/scripts", "empty"];
    const noted = paths.map(async path => [path, await stage.world.files.imprint(`${DIR}/${path}`)] as const);
    return Object.fromEntries((await Promise.all(noted)).map(([path, what]) => [path, what ?? "nothing"]));
  }
  const behindOf = async (brought: Brought) => (await survey(model(), { brought })).behind;

  it("is not named as long as it is what the vendor brought", async () => {
    const brought = await laidOut();
    expect(await behindOf(brought)).toEqual([]);
    // Where nothing was noted, nobody can tell.
    expect(await behindOf({})).toEqual(["docs", "empty", "etc"]);
    stage.sim.disk.remove(`${DIR}/docs/manual.pdf`);
    stage.sim.disk.remove(`${DIR}/empty`);
    expect(await behindOf(brought)).toEqual([]);
  });

  it("is named where the administrator changed it, and what he added in its folders", async () => {
    const brought = await laidOut();
    put("etc/scripts/tool", "another");
    stage.sim.disk.remove(`${DIR}/docs/latest`);
    stage.sim.disk.symlink("mine.pdf", `${DIR}/docs/latest`);
    stage.sim.disk.remove(`${DIR}/docs/empty`);
    put("docs/empty", "no folder any more");
    put("docs/mine.pdf", MANUAL);
    put("empty/deep/mine/two", "2");
    stage.sim.disk.makeFolder(`${DIR}/my-empty`, 0o755);
    expect(await behindOf(brought)).toEqual([
      "docs/empty",
      "docs/latest",
      "docs/mine.pdf",
      "empty/deep/mine",
      "etc/scripts/tool",
      "my-empty",
    ]);
  });

  it("reads nothing of what is carried anyway", async () => {
    const read: string[] = [];
    const { imprint } = stage.world.files;
    const noted = (path: string) => {
      read.push(path);
      return imprint(path);
    };
    const files = { ...stage.world.files, imprint: noted };
    const brought = await laidOut();
    Object.assign(stage.world, { files });
    await behindOf(brought);
    expect(read.filter(path => path.includes("uploads"))).toEqual([]);
    expect(read).not.toEqual([]);
  });
});
