import { beforeEach, expect, it } from "vitest";
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
const survey = (own: ComposeModel = model(), over: { readonly theirs?: typeof base; readonly mine?: typeof base } = {}) =>
  surveyBeside(stage.world.files, {
    dir: DIR,
    layout,
    base,
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
