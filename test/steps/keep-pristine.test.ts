import { expect, it } from "vitest";
import { BROUGHT_FILE, parseBrought } from "../../src/domain/brought.ts";
import { keepMerged, keepPristine } from "../../src/steps/index.ts";
import { Stage } from "../simulator/scenario.ts";
import { oneStep } from "./one-step.ts";

const FROM = "/srv/unpacked";
const input = { from: FROM, to: "/srv/kept", paths: [".env", "docs/read.me"], release: "v2.22.2" };

function unpacked(): Stage {
  const stage = new Stage();
  const { disk } = stage.sim;
  for (const folder of ["docs/empty", "etc", "closed"]) disk.makeFolder(`${FROM}/${folder}`, 0o755);
  disk.write(`${FROM}/.env`, Buffer.from("A=1\n"), 0o644);
  disk.write(`${FROM}/docs/read.me`, Buffer.from("read me\n"), 0o644);
  disk.write(`${FROM}/docs/manual.pdf`, Buffer.from([0, 1]), 0o644);
  disk.write(`${FROM}/closed/unseen`, Buffer.from([2]), 0o644);
  disk.own(`${FROM}/closed`, { mode: 0o055 });
  disk.symlink("../docs/manual.pdf", `${FROM}/etc/latest`);
  return stage;
}

it("keeps the vendor's texts, and of all else that he brought what it is", async () => {
  const stage = unpacked();
  const { files } = stage.world;
  const step = oneStep(stage, keepPristine.step(input));
  await step.run();
  expect(await files.read("/srv/kept/docs/read.me")).toBe("read me\n");
  expect(await files.exists("/srv/kept/docs/manual.pdf")).toBe(false);
  expect(parseBrought(await files.read(`/srv/kept/${BROUGHT_FILE}`))).toEqual({
    closed: "folder",
    docs: "folder",
    "docs/empty": "folder",
    "docs/manual.pdf": "sha256:b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2",
    etc: "folder",
    "etc/latest": "link ../docs/manual.pdf",
  });
  await step.undo();
  expect(await files.exists("/srv/kept")).toBe(false);
});

it("keeps of a merged configuration the texts alone", async () => {
  const stage = unpacked();
  await oneStep(stage, keepMerged.step(input)).run();
  expect(await stage.world.files.list("/srv/kept")).toEqual([".env", "docs"]);
});

it("takes what cannot be read for nothing known", () => {
  for (const text of [null, "", "{", '{"schema":2,"entries":{}}', '{"schema":1}']) expect(parseBrought(text)).toEqual({});
});
