import { expect, it } from "vitest";
import { bundleOfRelease, isRelease } from "../../src/domain/release-bundle.ts";
import { OperatorError } from "../../src/errors.ts";

const bundle = (path: string, version: string | null, sizeBytes = 1, digest: string | null = null) => ({
  path,
  version,
  sizeBytes,
  digest,
});
const found = (candidates: Parameters<typeof bundleOfRelease>[0], release: string): string => {
  try {
    return bundleOfRelease(candidates, release);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return `${error.exit} ${error.code}: ${error.message} Try: ${error.hint}`;
  }
};

it.each([
  ["v2.23.0", true],
  ["2.23.0", true],
  ["v2.23", true],
  ["v2.22.2.1", true],
  ["v5.0.0-M8", true],
  ["v1.0.0+hotfix1", true],
  ["v2.23.0.tar.gz", false],
  ["v2.23.0.tar", false],
  ["2.23.0.tgz", false],
  ["v2.23.0-rc.tar", false],
  ["graphistry-v2.23.0.tar.gz", false],
  ["./v2.23.0", false],
  ["releases/v2.23.0", false],
  ["v2", false],
])("%s is a release: %s", (word, is) => {
  expect(isRelease(word)).toBe(is);
});

it("finds the bundle of a release, however it is spelled, and takes one of two copies", () => {
  const all = [bundle("/a/x.tar", "v2.22.2"), bundle("/a/y.tar", "v2.23.0"), bundle("/b/y.tar", "v2.23.0"), bundle("/b/?", null)];
  expect([found(all, "v2.23.0"), found(all, "2.23")]).toEqual(["/a/y.tar", "/a/y.tar"]);
});

it("does not guess which of two cuts is meant", () => {
  const sizes = [bundle("/a/y.tar", "v2.23.0", 1), bundle("/b/y.tar", "v2.23.0", 2)];
  expect(found(sizes, "v2.23.0")).toBe(
    "3 SEVERAL_BUNDLES: There are different bundles of v2.23.0: /a/y.tar, /b/y.tar. Try: graph-mgr update /a/y.tar",
  );
  const digests = [bundle("/a/y.tar", "v2.23.0", 1, "sha256:1"), bundle("/b/y.tar", "v2.23.0", 1, "sha256:2")];
  expect(found(digests, "v2.23.0")).toMatch(/^3 SEVERAL_BUNDLES/);
});

it("says where it looked", () => {
  expect(found([bundle("/a/x.tar", "v2.22.2")], "v2.23.0")).toBe(
    "3 NO_BUNDLE: No bundle of v2.23.0 lies in the home, in this folder, or in a folder `bundles` in either. Try: --bundles DIR   (where it lies; `graph-mgr versions` shows what lies here)",
  );
});
