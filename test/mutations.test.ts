import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const patches = readdirSync(join(root, "test/mutations")).filter(name => name.endsWith(".patch"));

it("there are planted faults", () => {
  expect(patches.length).toBeGreaterThan(30);
});

/** Whether their tests catch them is for `npm run test:mutations`, which takes minutes. */
it.each(patches)("%s can still be planted", name => {
  const apply = () => execFileSync("git", ["apply", "--check", join("test/mutations", name)], { cwd: root, stdio: "pipe" });
  expect(apply).not.toThrow();
});
