import { describe, expect, it } from "vitest";
import type { Command } from "../../src/host/command.ts";
import type { Executor } from "../../src/host/exec.ts";
import type { Helper } from "../../src/host/helper-container.ts";
import { imageDescriber, imageIn } from "../../src/host/postgres-image.ts";

/** As the images of the official Postgres on Debian and on Alpine print it, shortened. */
const DEBIAN = `version 15.14
architecture x86_64
system debian 12
libc glibc 2.36
icu 72
icu 72.1
locale C
locale C.utf8
locale en_US.utf8
locale POSIX
extension pgcrypto 1.3
extension plpgsql 1.0
extension uuid-ossp 1.1
`;
const ALPINE = `version 17.6
architecture aarch64
system alpine 3.22.1
libc musl libc (aarch64)
libc Version 1.2.5
libc Dynamic Program Loader
libc Usage: /lib/ld-musl-aarch64.so.1 [options] [--] pathname [args]
icu 76.1
locale C
locale de_DE.utf8
extension plpgsql 1.0
`;

it("F33 reads what an image on Debian says", () => {
  expect(imageIn(DEBIAN)).toEqual({
    major: 15,
    version: "15.14",
    architecture: "x86_64",
    libc: { name: "glibc", version: "2.36" },
    icu: "72.1",
    system: "debian 12",
    extensions: { pgcrypto: "1.3", plpgsql: "1.0", "uuid-ossp": "1.1" },
    locales: ["C", "C.utf8", "en_US.utf8", "POSIX"],
  });
});

it("F33 reads what an image on Alpine says, where any name of a locale will do", () => {
  expect(imageIn(ALPINE)).toMatchObject({ major: 17, libc: { name: "musl", version: "1.2.5" }, icu: "76.1", locales: null });
});

it("takes glibc's version from ldd where there is no getconf", () => {
  const said = DEBIAN.replace(
    "libc glibc 2.36",
    "libc ldd (Ubuntu GLIBC 2.39-0ubuntu8.6) 2.39\nlibc Copyright (C) 2024 Free Software Foundation, Inc.",
  );
  expect(imageIn(said)?.libc).toEqual({ name: "glibc", version: "2.39" });
});

it("does not guess what an image does not say", () => {
  expect(imageIn("version 15.14\narchitecture x86_64\nlibc sh: ldd: not found\n")).toMatchObject({
    libc: { name: "unknown", version: null },
    icu: null,
    locales: null,
    extensions: {},
  });
  expect(imageIn("")).toBeNull();
  expect(imageIn("version \n")).toBeNull();
});

describe("looking into an image", () => {
  const SAID = "version 15.6\narchitecture x86_64\nlibc glibc 2.36\n";
  function describer(failing = 0) {
    const looks: string[] = [];
    const executor = {
      run: async ({ args }: Command) => `["sha256:${/^(tag|other)-a/.test(args.at(-1) ?? "") ? "a" : "b"}",null]`,
    };
    const helpers = {
      run: async ({ image }: Helper) => {
        looks.push(image);
        if (looks.length <= failing) throw new Error("no memory");
        return SAID;
      },
    };
    return { looks, describe: imageDescriber(executor as unknown as Executor, helpers) };
  }

  it("is done once for each, by whatever name", async () => {
    const { looks, describe: look } = describer();
    const found = [await look("tag-a"), await look("other-a"), await look("tag-b"), await look("tag-a")];
    expect(looks).toEqual(["tag-a", "tag-b"]);
    for (const each of found) expect(each).toMatchObject({ major: 15, architecture: "x86_64" });
  });

  it("is done again where it failed", async () => {
    const { looks, describe: look } = describer(1);
    await expect(look("tag-a")).rejects.toThrow("no memory");
    expect(await look("tag-a")).toMatchObject({ major: 15 });
    expect(looks).toEqual(["tag-a", "tag-a"]);
  });
});
