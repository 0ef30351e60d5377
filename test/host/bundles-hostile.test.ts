import { expect, it } from "vitest";
import { refusals } from "./bundle-refusals.ts";
import { hostileArchives } from "./hostile-archives.ts";

const archives = hostileArchives("/nowhere");

it("the corpus is large", () => expect(archives.length).toBeGreaterThan(100));
it("no two have one name", () => expect(new Set(archives.map(each => each.name)).size).toBe(archives.length));

// Those that take seconds each run with the integration tests.
refusals(({ heavy }) => !heavy);
