import { describe, expect, it } from "vitest";
import { composeSources } from "../../src/domain/compose-sources.ts";
import { OperatorError } from "../../src/errors.ts";

const find = (files: Readonly<Record<string, string>>, composeFile: string | null = null, separator?: string) =>
  composeSources(async path => files[path] ?? null, { composeFile, ...(separator === undefined ? {} : { separator }) });
const paths = async (...args: Parameters<typeof find>) => (await find(...args)).map(({ path }) => path);
const code = async (...args: Parameters<typeof find>) => {
  try {
    return await paths(...args);
  } catch (error) {
    return error instanceof OperatorError ? error.code : `not for operators: ${String(error)}`;
  }
};

describe("which files Compose uses", () => {
  it("F49 the first of its names, with the first of the override files", async () => {
    const all = ["docker-compose.yaml", "docker-compose.yml", "compose.yml", "compose.yaml"];
    for (let from = 0; from < all.length; from += 1) {
      const files = Object.fromEntries(all.slice(0, from + 1).map(path => [path, ""]));
      expect(await paths(files)).toEqual([all[from]]);
    }
    expect(await paths({ "docker-compose.yml": "", "docker-compose.override.yml": "", "compose.override.yml": "" })).toEqual([
      "docker-compose.yml",
      "compose.override.yml",
    ]);
  });

  it("F49 what COMPOSE_FILE names, in its order and without the defaults", async () => {
    const files = { "compose.yaml": "", "a.yml": "", "sub/b.yml": "" };
    expect(await paths(files, "a.yml:./sub/b.yml")).toEqual(["a.yml", "sub/b.yml"]);
    expect(await paths(files, "sub/b.yml;a.yml", ";")).toEqual(["sub/b.yml", "a.yml"]);
  });

  it("F49 includes, short and long, and what services extend, through each other and only once", async () => {
    const files = {
      "compose.yaml":
        "include: [ a/a.yml, { path: [ b.yml, c.yml ], project_directory: . } ]\nservices: { s: { extends: { file: base.yml, service: s } } }",
      "a/a.yml": "include: [ deep.yml ]\n",
      "a/deep.yml": "services: { t: { extends: { file: ../base.yml, service: s } }, u: { extends: t } }",
      "b.yml": "include: [ compose.yaml ]",
      "c.yml": "",
      "base.yml": "services: { s: { extends: { file: ./base.yml, service: r } }, r: {} }",
    };
    expect(await paths(files)).toEqual(["compose.yaml", "a/a.yml", "b.yml", "c.yml", "base.yml", "a/deep.yml"]);
  });

  it("F49 what the project's own files name is relative to the first of them, also when the second lies elsewhere", async () => {
    const files = {
      "a.yml": "",
      "sub/b.yml": "services: { s: { extends: { file: x.yml, service: s } } }",
      "x.yml": "",
      "sub/x.yml": "",
    };
    expect(await paths(files, "a.yml:sub/b.yml")).toEqual(["a.yml", "sub/b.yml", "x.yml"]);
    expect(await paths(files, "sub/b.yml")).toEqual(["sub/b.yml", "sub/x.yml"]);
  });
});

describe("what is refused", () => {
  it.each([
    "../x.yml",
    "a/../../x.yml",
    "/etc/x.yml",
    "~/x.yml",
    "https://example.com/x.git",
    "git@github.com:o/r.git",
    "oci://registry/x:1",
    "github.com/o/r.git",
    "${DIR}/x.yml",
    "$DIR/x.yml",
    "C:\\x.yml",
  ])("F49 %s, wherever it is named", async path => {
    const quoted = JSON.stringify(path);
    expect(await code({ "compose.yaml": `include: [ ${quoted} ]` })).toBe("COMPOSE_OUTSIDE");
    expect(await code({ "compose.yaml": `include: [ { path: [ ${quoted} ] } ]` })).toBe("COMPOSE_OUTSIDE");
    expect(await code({ "compose.yaml": `services: { s: { extends: { file: ${quoted}, service: s } } }` })).toBe(
      "COMPOSE_OUTSIDE",
    );
    if (!path.includes(":")) expect(await code({}, path)).toBe("COMPOSE_OUTSIDE");
  });

  it("F49 a project directory outside of the folder", async () => {
    expect(await code({ "compose.yaml": "include: [ { path: a.yml, project_directory: .. } ]", "a.yml": "" })).toBe(
      "COMPOSE_OUTSIDE",
    );
  });

  it("no compose file, or one that is named and not there", async () => {
    expect(await code({})).toBe("NO_COMPOSE_FILE");
    expect(await code({ "docker-compose.override.yml": "" })).toBe("NO_COMPOSE_FILE");
    expect(await code({ "compose.yaml": "include: [ a.yml ]" })).toBe("NO_COMPOSE_FILE");
    expect(await code({}, "a.yml")).toBe("NO_COMPOSE_FILE");
  });
});
