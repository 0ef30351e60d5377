import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { editCompose } from "../../src/domain/compose-edit.ts";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { composeSources } from "../../src/domain/compose-sources.ts";
import { EnvFile, literalValue } from "../../src/domain/env-file.ts";
import type { Isolation } from "../../src/domain/isolation.ts";
import { modelDifferences } from "../../src/domain/model-differences.ts";
import { isolationNames } from "../../src/domain/shared-resources.ts";
import { corpus, ID } from "./compose-corpus.ts";

const root = mkdtempSync(join(tmpdir(), "gmtest-compose-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = (name: string, files: Readonly<Record<string, string>>): string => {
  const dir = join(mkdtempSync(join(root, "p-")), name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
};

const resolve = (dir: string): ComposeModel => {
  const args = ["compose", "--profile", "*", "config", "--format", "json"];
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], DOCKER_HOST: process.env["DOCKER_HOST"] };
  return JSON.parse(
    execFileSync("docker", args, { cwd: dir, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
  ) as ComposeModel;
};

const reader = (dir: string) => async (path: string) => {
  try {
    return readFileSync(join(dir, path), "utf8");
  } catch {
    return null;
  }
};

const SLUG = "v1_0_0_x";

/** Edits a project in a folder of its own, as an installation does. */
async function edit(files: Readonly<Record<string, string>>, ports: Isolation["ports"], images: Isolation["images"] | undefined) {
  const beforeDir = folder("v1.0.0", files);
  const before = resolve(beforeDir);
  const envFile = EnvFile.parse(files[".env"] ?? "");
  const sources = await composeSources(reader(beforeDir), { composeFile: literalValue(envFile.raw("COMPOSE_FILE") ?? "") });
  const isolation: Isolation = {
    project: SLUG,
    ...isolationNames(before, SLUG),
    ports,
    images: images ?? Object.fromEntries(Object.keys(before.services).map(name => [name, ID.a])),
  };
  const edited = editCompose(sources, before, isolation);
  const env = Object.entries(edited.env).reduce(
    (file, [key, value]) => file.with(key, value),
    envFile.with("COMPOSE_PROJECT_NAME", SLUG),
  );
  const afterFiles = { ...files, ...Object.fromEntries(edited.sources.map(({ path, text }) => [path, text])), ".env": env.text };
  const afterDir = folder("v1.0.0-x", afterFiles);
  const after = resolve(afterDir);
  const expected = { isolation, beforeDir, afterDir, changedEnv: Object.keys(edited.env) };
  return { before, after, isolation, edited, expected, afterDir, afterFiles };
}

describe("the whole way, through Compose itself", () => {
  for (const project of corpus) {
    it(`${project.name}: Compose sees the intended names and nothing else, and a second edit changes nothing`, async () => {
      const { before, after, edited, expected, isolation, afterDir } = await edit(
        project.files,
        project.ports ?? [],
        project.images,
      );
      expect(modelDifferences(before, after, expected)).toEqual([]);
      expect(edited.env).toEqual(project.env ?? {});
      expect(
        Object.values(after.volumes ?? {}).filter(volume => volume.external !== true && !volume.name.startsWith(`${SLUG}_`)),
      ).toEqual([]);

      const composeFile = literalValue(EnvFile.parse(project.files[".env"] ?? "").raw("COMPOSE_FILE") ?? "");
      const again = await composeSources(reader(afterDir), { composeFile });
      expect(editCompose(again, after, isolation)).toEqual({ sources: again, env: {} });
      // As after a cut between files: the names that the model has by now are not the old ones.
      const fresh = { ...isolation, ...isolationNames(after, SLUG, SLUG) };
      expect(editCompose(again, after, fresh)).toEqual({ sources: again, env: {} });
    });
  }
});
