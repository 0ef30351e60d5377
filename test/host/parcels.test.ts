import { writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { createParcels } from "../../src/host/parcels.ts";

const parcels = createParcels();
const members = [
  { name: "doctor.json", text: "{}\n" },
  { name: `instances/v1.0.0/logs/${"long-".repeat(30)}.log`, text: "grün\n".repeat(300) },
  { name: "empty", text: "" },
];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-parcels-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("F73 a parcel is for its owner alone, whatever the umask, and every tar reads it", async () => {
  const path = join(folder, "x.tar.gz");
  let seen: unknown = null;
  const old = process.umask(0);
  try {
    const size = await parcels.write(path, members, readBack => {
      seen = readBack;
    });
    expect(size).toBe((await stat(path)).size);
  } finally {
    process.umask(old);
  }
  expect(seen).toEqual(members);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["x.tar.gz"]);
  const { stdout } = await execa("tar", ["-tzf", path]);
  expect(stdout.split("\n")).toEqual(members.map(({ name }) => name));
});

it("F72 what does not pass is not there, under no name", async () => {
  const refuse = () => {
    throw new OperatorError("SECRET_LEFT", "no");
  };
  await expect(parcels.write(join(folder, "x.tar.gz"), members, refuse)).rejects.toThrow(
    expect.objectContaining({ code: "SECRET_LEFT" }),
  );
  expect(await readdir(folder)).toEqual([]);
});

it("what is there already stays, also what comes while it is written", async () => {
  const path = join(folder, "x.tar.gz");
  await expect(parcels.write(join(folder, "none/x"), members, () => {})).rejects.toThrow(
    expect.objectContaining({ code: "NO_FOLDER" }),
  );
  const late = parcels.write(path, members, () => writeFileSync(path, "mine"));
  await expect(late).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
  await expect(parcels.write(path, members, () => {})).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
  expect(await readFile(path, "utf8")).toBe("mine");
  expect(await readdir(folder)).toEqual(["x.tar.gz"]);
});
