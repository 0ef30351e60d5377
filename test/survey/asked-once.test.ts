import { describe, expect, it } from "vitest";
import type { World } from "../../src/host/world.ts";
import { askedOnce } from "../../src/survey/asked-once.ts";

/** A world that counts what it is asked, with methods that need their own `this`, as the real ones do. */
function counting() {
  const asked: string[] = [];
  const part = {
    answer: 0,
    async resolve(project: unknown, settings?: unknown) {
      asked.push(`resolve ${JSON.stringify([project, settings])}`);
      return ++this.answer;
    },
    async hashes() {
      asked.push("hashes");
      return ++this.answer;
    },
    async containers() {
      asked.push("containers");
      return ++this.answer;
    },
    async about() {
      asked.push("about");
      return ++this.answer;
    },
  };
  return { world: { compose: part, engine: part } as unknown as World, asked };
}

const project = (name: string) => ({ name, dir: `/srv/${name}`, envFiles: [] });

describe("one look at the world", () => {
  it("asks once what is asked again, also before the first answer is there", async () => {
    const { world, asked } = counting();
    const look = askedOnce(world);
    const [first, second] = await Promise.all([look.compose.resolve(project("a")), look.compose.resolve(project("a"))]);
    expect(second).toBe(first);
    await look.engine.containers();
    await look.engine.containers();
    await look.engine.about();
    await look.engine.about();
    expect(asked).toEqual([`resolve ${JSON.stringify([project("a"), null])}`, "containers", "about"]);
  });

  it("tells projects and settings apart", async () => {
    const { world, asked } = counting();
    const look = askedOnce(world);
    await look.compose.resolve(project("a"));
    await look.compose.resolve(project("b"));
    await look.compose.resolve(project("a"), { PORT: "1" });
    expect(asked).toHaveLength(3);
  });

  it("asks everything else each time, and anew in another look", async () => {
    const { world, asked } = counting();
    const look = askedOnce(world);
    await look.compose.hashes(project("a"));
    await look.compose.hashes(project("a"));
    await look.engine.about();
    await askedOnce(world).engine.about();
    expect(asked).toEqual(["hashes", "hashes", "about", "about"]);
  });
});
