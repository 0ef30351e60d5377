import { afterAll, afterEach, beforeAll } from "vitest";
import { SmallHome } from "./small-home.ts";
import { SmallProduct } from "./small-product.ts";

/** The small product's bundles for the tests of one file, and homes with its old release that go when a test has ended. */
export function smallStage() {
  let small: SmallProduct;
  let bundles: Awaited<ReturnType<SmallProduct["releases"]>>;
  const made: SmallHome[] = [];
  beforeAll(async () => {
    small = await SmallProduct.make();
    bundles = await small.releases();
  });
  afterAll(() => small?.remove());
  afterEach(async () => {
    for (const each of made.splice(0)) await each.remove();
  });
  return {
    get image() {
      return small.image;
    },
    shim: (lines: string): Promise<string> => small.shim(lines),
    async installed(): Promise<SmallHome> {
      const own = await SmallHome.make(bundles.old);
      made.push(own);
      return own;
    },
    update: (...more: readonly string[]): readonly string[] => ["update", bundles.next, "--yes", ...more],
    /** What `auto` would not take where a copy is safe. */
    byDump: (...more: readonly string[]): readonly string[] => ["update", bundles.next, "--yes", "--postgres", "dump", ...more],
    /** To a release that does not come up before there is a table `go`. */
    waiting: (...more: readonly string[]): readonly string[] => ["update", bundles.waits, "--yes", ...more],
    /** To a release that cannot migrate what is in the database. */
    unable: (...more: readonly string[]): readonly string[] => ["update", bundles.unable, "--yes", ...more],
  };
}
