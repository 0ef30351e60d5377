import { expect, it } from "vitest";
import { resolutionsOf } from "../../src/cli/resolutions.ts";
import { Stage } from "../simulator/scenario.ts";

const read = async (name: string, text: string) => {
  const { world } = new Stage();
  await world.files.write("/srv/answer", text);
  return (await resolutionsOf({ world, cwd: "/srv" }, [`${name}=answer`]))[name];
};

it.each([
  [".env:KEY", "two words\n", "two words"],
  [".env:KEY", "two words\r\n", "two words"],
  [".env:KEY", "two words", "two words"],
  [".env:KEY", "a\nb\n\n", "a\nb\n"],
  ["v2.24.9/data/config/custom.env:KEY", "x\n", "x"],
  ["Caddyfile", "x\n", "x\n"],
  ["data/config/Caddyfile", "x\r\n", "x\r\n"],
])(
  "takes a value from a file without the newline that ends its last line, and a text as it is: %s, %j",
  async (name, text, taken) => {
    expect(await read(name, text)).toEqual({ text: taken });
  },
);
