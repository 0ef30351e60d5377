import { describe, expect, it } from "vitest";
import { parseProduct } from "../../src/domain/product-file.ts";
import { parseReleaseFile } from "../../src/domain/release-file.ts";

describe("release.yml of a bundle", () => {
  it.each([
    ["requires: v2.24.0   # the oldest release that may be updated to this one\n", "v2.24.0"],
    ["requires: 2.24.0\ncolour: blue\nnested: { anything: [1] }\n", "v2.24.0"],
    ["requires:\n", null],
    ["# nothing yet\n", null],
    ["", null],
    [null, null],
  ])("%j requires %s", (text, requires) => {
    expect(parseReleaseFile(text, "b.tar")).toEqual({ requires });
  });

  it.each([
    // A number would be read as 2.2.
    "requires: 2.20\n",
    "requires: [v2.24.0]\n",
    "requires: { from: v2.24.0 }\n",
    "requires: the one before\n",
    "requires: ../../v2.24.0\n",
    "requires: v2.24.0\nrequires: v2.25.0\n",
    "- v2.24.0\n",
    "v2.24.0\n",
    "requires: 'v2.24.0\n",
  ])("refuses %j", text => {
    expect(() => parseReleaseFile(text, "b.tar")).toThrow(
      expect.objectContaining({ code: "BAD_RELEASE_FILE", exit: 3, message: expect.stringContaining("release.yml of b.tar") }),
    );
  });
});

describe("a product description", () => {
  const text = (more: string) => `schema: 1\nproduct: sample\nlayouts: [ { layout: plain, versions: "*" } ]\n${more}`;

  it("needs no requirements and no instructions", () => {
    expect(parseProduct(text(""), "sample.yml")).toMatchObject({ requires: [], instructions: [] });
  });

  it("has both by ranges of releases", () => {
    const more = `requires: [ { versions: ">=2.25.0-0", from: ">=2.24.0" } ]\ninstructions: [ { versions: 2.24.x, say: Save first. } ]\n`;
    expect(parseProduct(text(more), "sample.yml")).toMatchObject({
      requires: [{ versions: ">=2.25.0-0", from: ">=2.24.0" }],
      instructions: [{ versions: "2.24.x", say: "Save first." }],
    });
  });

  it.each([
    `requires: [ { versions: "no range", from: ">=2" } ]`,
    `requires: [ { versions: ">=2", from: "whatever" } ]`,
    `instructions: [ { versions: ">=2", say: "" } ]`,
    `instructions: [ { versions: ">=2" } ]`,
  ])("with %s is refused", more => {
    expect(() => parseProduct(text(more), "sample.yml")).toThrow(expect.objectContaining({ code: "BAD_PRODUCT" }));
  });
});
