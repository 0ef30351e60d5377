import { expect, it } from "vitest";
import { oneAhead } from "../../src/host/one-ahead.ts";

/** Streams that say what happens to them. */
function streams(names: readonly string[], failing = "") {
  const said: string[] = [];
  const turns = names.map(name => ({
    open: async function* () {
      said.push(`${name} begins`);
      try {
        yield 1;
        yield 2;
      } finally {
        said.push(`${name} ends`);
      }
    },
    use: async (source: AsyncIterable<number>) => {
      for await (const piece of source) {
        if (name === failing) throw new Error("no room");
        said.push(`${name} ${piece}`);
      }
    },
  }));
  return { said, turns };
}

it("reads streams one after the other, and has begun the next one by then", async () => {
  const { said, turns } = streams(["a", "b", "c"]);
  await oneAhead(turns);
  expect(said).toEqual([
    ...["a begins", "b begins", "a 1", "a 2", "a ends"],
    ...["c begins", "b 1", "b 2", "b ends", "c 1", "c 2", "c ends"],
  ]);
});

it("ends what it has begun where the one before it fails, and begins nothing more", async () => {
  const { said, turns } = streams(["a", "b", "c"], "a");
  await expect(oneAhead(turns)).rejects.toThrow("no room");
  expect(said).toEqual(["a begins", "b begins", "a ends", "b ends"]);
});

it("fails with a stream that does not begin, once it is its turn", async () => {
  const { said, turns } = streams(["a"]);
  const broken = {
    // biome-ignore lint/correctness/useYield: it never comes so far.
    open: async function* (): AsyncGenerator<number> {
      throw new Error("no helper");
    },
    use: async (source: AsyncIterable<number>) => {
      for await (const _ of source) said.push("read");
    },
  };
  await expect(oneAhead([...turns, broken])).rejects.toThrow("no helper");
  expect(said).toEqual(["a begins", "a 1", "a 2", "a ends"]);
});
