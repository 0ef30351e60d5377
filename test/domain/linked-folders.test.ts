import { describe, expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { followed, linkedFolders } from "../../src/domain/linked-folders.ts";

const reading = (links: Readonly<Record<string, string>>) => async (path: string) => links[path] ?? null;

describe("where a path really is", () => {
  it.each([
    ["/a/b", {}, "/a/b"],
    ["/a/b/c", { "/a/b": "/x" }, "/x/c"],
    ["/a/b/c", { "/a/b": "../x" }, "/x/c"],
    ["/a/b", { "/a": "z", "/z/b": "c", "/z/c": "/d" }, "/d"],
    ["/a", { "/a": "/b", "/b": "/a" }, "/a"],
  ])("%s with %j is %s", async (path, links, expected) => {
    expect(await followed(reading(links), path)).toBe(expected);
  });
});

describe("what leads out of an instance", () => {
  const mount = (source: string, more: object = {}) => ({ type: "bind", source, target: `/in${source}`, ...more });
  const model = (...volumes: readonly object[]) => ({ name: "p", services: { app: { volumes } } }) as unknown as ComposeModel;
  const of = async (links: Readonly<Record<string, string>>, ...volumes: readonly object[]) =>
    (await linkedFolders(reading(links), model(...volumes), "/srv/i")).map(({ path, target }) => `${path} ${target}`);

  it("is what is written to behind a link, wherever on the way that stands", async () => {
    expect(await of({ "/srv/i/data": "/mnt/big" }, mount("/srv/i/data"))).toEqual(["data /mnt/big"]);
    expect(await of({ "/srv/i/data": "/mnt/big" }, mount("/srv/i/data/a/b"))).toEqual(["data/a/b /mnt/big/a/b"]);
    expect(await of({ "/srv/i/data": "one", "/srv/i/one": "../../etc" }, mount("/srv/i/data"))).toEqual(["data /etc"]);
    expect(await of({ "/srv/i/data": "../i2/data" }, mount("/srv/i/data"))).toEqual(["data /srv/i2/data"]);
  });

  it("is neither what stays inside, nor what is only read, nor what is mounted from outside anyway", async () => {
    expect(await of({ "/srv/i/data": "store" }, mount("/srv/i/data"))).toEqual([]);
    expect(await of({ "/srv/i/data": "/mnt/big" }, mount("/srv/i/data", { read_only: true }))).toEqual([]);
    expect(await of({}, mount("/mnt/big"), { type: "volume", source: "v", target: "/v" })).toEqual([]);
    // The instance's own folder may be reached by a link.
    expect(await of({ "/srv/i": "/mnt/i", "/mnt/i/data": "/srv/i/store" }, mount("/srv/i/data"))).toEqual([]);
  });
});
