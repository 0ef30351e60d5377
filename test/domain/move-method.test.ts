import { describe, expect, it } from "vitest";
import { moveMethod, requireMethod } from "../../src/domain/move-method.ts";
import { database, image, server } from "./postgres-servers.ts";

const PG17 = image({ major: 17, version: "17.6", libc: { name: "glibc", version: "2.41" }, icu: "76.1" });

describe("auto", () => {
  it("copies where major, architecture and the libraries that sort are the same", () => {
    expect(moveMethod(server(), image(), "auto")).toEqual({
      method: "copy",
      reasons: ["Postgres 15, glibc 2.36 and x86_64 are the same before and after, so the files can be taken as they are."],
    });
  });

  it("F32 dumps across majors, and says why", () => {
    expect(moveMethod(server(), PG17, "auto")).toEqual({
      method: "dump",
      reasons: ["Postgres changes from 15 to 17, and a major version cannot read the files of another."],
    });
  });

  it.each([
    ["another libc", { libc: { name: "musl", version: "1.2.5" } }, /from glibc 2.36 to musl 1.2.5, which may sort/],
    ["another version of the libc", { libc: { name: "glibc", version: "2.41" } }, /from glibc 2.36 to glibc 2.41/],
    ["a libc that does not say what it is", { libc: { name: "unknown", version: null } }, /cannot be told which C library/],
    ["another ICU", { icu: "76.1" }, /ICU library changes from 72.1 to 76.1/],
    ["another architecture", { architecture: "aarch64" }, /architecture changes from x86_64 to aarch64/],
    ["an older minor version", { version: "15.9" }, /15.9, which is older than 15.14/],
  ] as const)("F33 dumps with %s", (_, change, why) => {
    const choice = moveMethod(server(), image(change), "auto");
    expect(choice.method).toBe("dump");
    expect(choice.reasons).toEqual([expect.stringMatching(why)]);
  });

  it("F33 dumps where collations are not what indexes were made with", () => {
    const stale = server({ databases: [database({ collationVersion: { recorded: "2.31", actual: "2.36" } })] });
    expect(moveMethod(stale, image(), "auto")).toMatchObject({
      method: "dump",
      reasons: [expect.stringContaining("version 2.31 of its collation and runs with 2.36")],
    });
    const one = server({ databases: [database({ changedCollations: ["pg_catalog.de_DE"] })] });
    expect(moveMethod(one, image(), "auto")).toMatchObject({
      method: "dump",
      reasons: [expect.stringContaining("pg_catalog.de_DE")],
    });
  });

  it("dumps where a copy of the volume would be without its tablespaces", () => {
    expect(moveMethod(server({ tablespaces: ["fast"] }), image(), "auto").method).toBe("dump");
  });

  it("takes the shorter window where both are safe, and tells both", () => {
    const chosen = (copySeconds: number, dumpSeconds: number) =>
      moveMethod(server(), image(), "auto", { copySeconds, dumpSeconds });
    expect(chosen(15, 30)).toEqual({
      method: "copy",
      reasons: [
        "Postgres 15, glibc 2.36 and x86_64 are the same before and after, so the files can be taken as they are: visitors wait about 15 s for that, and about 30 s for a dump.",
      ],
    });
    expect(chosen(120, 70)).toEqual({
      method: "dump",
      reasons: [
        "A copy of the volume would be safe as well, but visitors would wait about 2 min for it, and about 1 min 10 s for a dump.",
      ],
    });
  });

  it("copies where the windows hardly differ: by 10 s, or by a fifth", () => {
    const method = (copySeconds: number, dumpSeconds: number) =>
      moveMethod(server(), image(), "auto", { copySeconds, dumpSeconds }).method;
    expect([method(30, 20), method(30, 19)]).toEqual(["copy", "dump"]);
    expect([method(1000, 800), method(1000, 799)]).toEqual(["copy", "dump"]);
    expect(moveMethod(server(), image(), "auto", { copySeconds: 30, dumpSeconds: 22 }).reasons).toEqual([
      expect.stringContaining("visitors wait about 30 s for that, and hardly less, about 20 s, for a dump."),
    ]);
  });

  it("F32 F33 takes no copy that is unsafe, however short its window would be", () => {
    expect(moveMethod(server(), PG17, "auto", { copySeconds: 1, dumpSeconds: 1000 }).method).toBe("dump");
  });
});

describe("what was asked for", () => {
  it("F32 F33 is refused where it is unsafe, with every reason, before anything is done", () => {
    expect(
      moveMethod(server({ tablespaces: ["fast"] }), image({ libc: { name: "musl", version: "1.2.5" }, icu: null }), "copy"),
    ).toEqual({
      method: null,
      hint: "--postgres dump",
      reasons: [
        expect.stringContaining("C library"),
        expect.stringContaining("ICU"),
        expect.stringContaining("tablespaces fast"),
      ],
    });
    expect(() => requireMethod(server(), PG17, "copy")).toThrow(
      expect.objectContaining({
        code: "METHOD_UNSAFE",
        exit: 3,
        hint: "--postgres dump",
        message: expect.stringContaining("from 15 to 17"),
      }),
    );
  });

  it("is done where it is safe", () => {
    expect(requireMethod(server(), image(), "copy").method).toBe("copy");
    expect(requireMethod(server(), image(), "dump")).toEqual({
      method: "dump",
      reasons: ["It was asked for, though a copy would be safe as well."],
    });
  });

  it("F54 brings no data back to an older major, whatever is wished", () => {
    for (const wish of ["auto", "dump", "copy"] as const) {
      const choice = moveMethod(server({ ...PG17 }), image(), wish);
      expect(choice).toMatchObject({ method: null, reasons: [expect.stringContaining("15.14 is older than 17.6")] });
      expect("hint" in choice && choice.hint).not.toContain("--postgres");
    }
  });
});
