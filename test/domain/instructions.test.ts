import { describe, expect, it } from "vitest";
import { acknowledgements, instructionsFor } from "../../src/domain/instructions.ts";

describe("what must be read before an update", () => {
  const described = [
    { versions: "2.24.x", say: "Save investigations.\n" },
    { versions: ">=2.45.0-0", say: "Settings move to data/config." },
  ];

  it("is of every release on the path: from its bundle, and from the product description", () => {
    const releases = [
      { release: "v2.23.0", upgrading: null },
      { release: "v2.24.9", upgrading: "# Updating to v2.24.9\n\nPostgres changes.\n" },
      { release: "v2.45.11", upgrading: " \n" },
    ];
    expect(instructionsFor(releases, described)).toEqual([
      { release: "v2.24.9", text: "Save investigations.\n\n# Updating to v2.24.9\n\nPostgres changes." },
      { release: "v2.45.11", text: "Settings move to data/config." },
    ]);
  });

  const one = [{ release: "v2.24.9", text: "Postgres changes." }];
  const two = [...one, { release: "v2.45.11", text: "Settings move." }];
  it.each([
    ["nothing to read and no flag", [], [], []],
    ["nothing to read and a flag too many", [], ["", "v2.24.9"], []],
    ["one text and no flag", one, [], ["v2.24.9"]],
    ["one text and the bare flag", one, [""], []],
    ["one text and its release", one, ["v2.24.9"], []],
    ["one text and its release without a v", one, ["2.24.9"], []],
    ["one text and another release", one, ["v2.24.8"], ["v2.24.9"]],
    ["two texts and the bare flag", two, [""], ["v2.24.9", "v2.45.11"]],
    ["two texts, one release and the bare flag", two, ["v2.24.9", ""], ["v2.45.11"]],
    ["two texts and both releases", two, ["v2.45.11", "v2.24.9"], []],
  ])("%s", (_, instructions, given, missing) => {
    expect(acknowledgements(instructions, given).map(({ release }) => release)).toEqual(missing);
  });
});
