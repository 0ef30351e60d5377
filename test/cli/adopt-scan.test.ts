import { beforeEach, expect, it } from "vitest";
import { type Arguments, readArguments } from "../../src/cli/arguments.ts";
import { adopt } from "../../src/cli/commands/adopt.ts";
import { described } from "../simulator/sample.ts";
import { prepared, type Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

let stage: Stage;
let printed: string[];
let noted: string[];
beforeEach(async () => {
  stage = await prepared();
  await stage.byHand("v2.22.2", "/opt/product", "byhand");
  [printed, noted] = [[], []];
});

async function scan(flags: object = {}): Promise<string> {
  const wanted = readArguments(["adopt", "--scan"]);
  if (wanted.what !== "run") throw new Error("no command");
  const asked: Arguments = wanted.arguments;
  const over = {
    print: (text: string) => printed.push(text),
    note: (text: string) => noted.push(text),
    describedProducts: async () => described,
  };
  await adopt(sessionOn(stage, over, flags), asked);
  return printed.join("\n");
}

it("shows what could be taken over, and how to look at that", async () => {
  expect(await scan()).toMatch(/WHAT IS IN THE WAY[\s\S]*byhand +v2\.22\.2 +4 of 5 run +\/opt\/product *$/);
  expect(noted.join("\n")).toContain("graph-mgr adopt /opt/product");
});

it("F10 shows of each what it would be refused for, as it would be refused", async () => {
  await stage.world.compose.up({ name: "second", dir: "/opt/product", envFiles: [] }, ["cache"]);
  const { candidates } = JSON.parse(await scan({ json: true })) as { candidates: { project: string; obstacle: string | null }[] };
  expect(candidates.map(({ project, obstacle }) => [project, obstacle])).toEqual([
    ["byhand", expect.stringMatching(/second/)],
    ["second", expect.stringMatching(/byhand/)],
  ]);
  expect(noted).toEqual([]);
});
