import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { editText } from "../../src/host/edit-text.ts";
import { createExecutor } from "../../src/host/exec.ts";

const executor = createExecutor(process.env, []);
let place = "";
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "gm-edit-"));
});
afterEach(() => rm(place, { recursive: true, force: true }));

/** An editor that notes what it was given, does something with it, and ends so. */
async function editor(work: string): Promise<string> {
  const path = join(place, "editor");
  await writeFile(
    path,
    `#!/bin/sh\nfor file; do :; done\n{ echo "$@"; stat -c %a "$file" "\${file%/*}"; cat "$file"; } > ${place}/seen\n${work}\n`,
  );
  await chmod(path, 0o755);
  return path;
}
const seen = async () => (await readFile(join(place, "seen"), "utf8")).split("\n");

it("hands the editor a file that nobody else can read, and takes it away again with all that the editor left", async () => {
  const path = await editor(`echo more >> "$file"; echo swap > "$file.swp"`);
  expect(await editText(executor, `${path}  --wait`, "Caddyfile", "secret\n")).toBe("secret\nmore\n");
  const [args = "", fileMode, folderMode, text] = await seen();
  expect([fileMode, folderMode, text]).toEqual(["600", "700", "secret"]);
  expect(args).toMatch(/^--wait \/.*\/Caddyfile$/);
  expect(existsSync(join(args.split(" ")[1]!, ".."))).toBe(false);
});

it("takes nothing from an editor that fails, and from one that is not there", async () => {
  expect(await editText(executor, await editor(`echo more >> "$file"; exit 1`), "x", "a")).toBeNull();
  const [args = ""] = await seen();
  expect(existsSync(args)).toBe(false);
  await expect(editText(executor, "/no/such/editor -w", "x", "a")).rejects.toMatchObject({
    code: "NO_EDITOR",
    message: expect.stringContaining("/no/such/editor"),
  });
});
