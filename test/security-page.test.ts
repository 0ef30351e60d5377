import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "SECURITY.md"), "utf8");
const named = [...page.matchAll(/`((?:src|test|docs)\/[^`\s]+)`/g)].map(([, path = ""]) => path);

it("SECURITY.md names only files that are there", () => {
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(path => !existsSync(join(root, path)))).toEqual([]);
});

it("every hazard that SECURITY.md names is one of the tests that it names beside it", () => {
  const claims = [...page.matchAll(/((?:F\d\d(?:, )?)+): ((?:`[^`]+`(?:,\s)?)+)/g)];
  expect(claims.length).toBeGreaterThan(10);
  const untrue: string[] = [];
  for (const [, hazards = "", files = ""] of claims) {
    const texts = [...files.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => `${path}\n${readFileSync(join(root, path), "utf8")}`);
    for (const hazard of hazards.match(/F\d\d/g) ?? []) {
      const isNamed = texts.some(text =>
        new RegExp(`(it|describe)[^\\n]*["\`][^\\n]*\\b${hazard}\\b|/${hazard.toLowerCase()}-`).test(text),
      );
      if (!isNamed) untrue.push(`${hazard} in ${files}`);
    }
  }
  expect(untrue).toEqual([]);
});

it("a package that is stored with its digest runs nothing when it is installed", () => {
  expect(readFileSync(join(root, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, { integrity?: string }>>;
  };
  const bare = Object.entries(packages).filter(([path, { integrity }]) => path !== "" && integrity === undefined);
  expect(bare.map(([path]) => path)).toEqual([]);
});
