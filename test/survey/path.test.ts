import { beforeEach, expect, it } from "vitest";
import { answering } from "../../src/survey/answering.ts";
import { surveyPath } from "../../src/survey/path.ts";
import { described } from "../simulator/sample.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

const NAME = "v2.22.2";
let stage: Stage;
let glanced: string[] = [];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  glanced = [];
});

/** Bundles lie on the simulated shelf, and as empty files where they are looked for. */
async function path(to: string, folder = "/bundles") {
  for (const release of ["v2.22.2", "v2.23.0", "v2.24.9"]) await stage.world.files.write(`/bundles/${release}.tar.gz`, "");
  const { record } = await stage.facts(NAME);
  const { bundles } = stage.world;
  const contents = await bundles.read(`/bundles/${to}.tar.gz`, () => {});
  const glance: typeof bundles.glance = async (at, progress) => {
    glanced.push(at);
    return await bundles.glance(at, progress);
  };
  const ask = { home: HOME, folders: [folder], source: record, contents, release: undefined };
  return await surveyPath({ ...stage.world, bundles: answering(bundles, { glance }) }, ask, described, () => {});
}

it("no other bundle is looked into where one hop leads there", async () => {
  const { request, bundles } = await path("v2.23.0");
  expect([request, bundles, glanced]).toMatchObject([{ from: NAME, to: "v2.23.0" }, {}, []]);
});

it("else the bundles that lie about are, and where they lie is told", async () => {
  const { request, bundles } = await path("v2.24.9");
  expect(glanced).toContain("/bundles/v2.23.0.tar.gz");
  expect(request.available).toEqual(expect.arrayContaining([{ release: "v2.23.0", requires: null }]));
  expect(request.available).toContainEqual({ release: "v2.24.9", requires: "v2.23.0" });
  expect(bundles["v2.23.0"]).toBe("/bundles/v2.23.0.tar.gz");
});

it("without any there is only the release itself", async () => {
  const { request } = await path("v2.24.9", "/nowhere");
  expect(request.available).toEqual([{ release: "v2.24.9", requires: "v2.23.0" }]);
});
