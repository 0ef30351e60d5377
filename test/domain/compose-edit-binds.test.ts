import { describe, expect, it } from "vitest";
import { editCompose } from "../../src/domain/compose-edit.ts";
import type { ComposeModel } from "../../src/domain/compose-model.ts";

const binds = { "/mnt/data": "/mnt/data-training" };

/** Edits `services.web.volumes` of one file; `mounts` is what Compose makes of them: source and target. */
function edit(volumes: string, mounts: readonly (readonly [string, string])[], rest = "") {
  const text = `services:\n  web:\n    volumes:\n${volumes}\n${rest}`;
  const model: ComposeModel = {
    name: "old",
    services: { web: { volumes: mounts.map(([source, target]) => ({ type: "bind", source, target })) } },
  };
  const isolation = { project: "old", volumes: {}, networks: {}, containers: {}, ports: [], images: {}, binds };
  const { sources, env } = editCompose([{ path: "docker-compose.yml", text }], model, isolation);
  const [old, now] = [text.split("\n"), (sources[0]?.text ?? "").split("\n")];
  expect(now.length).toBe(old.length);
  return { changed: now.filter((line, index) => line !== old[index]), env };
}

describe("a folder outside that moves", () => {
  it("is written where the old one was, and the rest of the line stays", () => {
    expect(edit("      - /mnt/data:/data:rw  # big", [["/mnt/data", "/data"]])).toEqual({
      changed: ["      - /mnt/data-training:/data:rw  # big"],
      env: {},
    });
  });
  it("takes what lies in it along", () => {
    expect(edit("      - /mnt/data/a/b:/data", [["/mnt/data/a/b", "/data"]]).changed).toEqual([
      "      - /mnt/data-training/a/b:/data",
    ]);
  });
  it("leaves a folder alone whose name only begins like it", () => {
    expect(edit("      - /mnt/data2:/data", [["/mnt/data2", "/data"]])).toEqual({ changed: [], env: {} });
  });
  it("is found by where it is mounted, in the long syntax as well", () => {
    const volumes = "      - ./own:/own\n      - type: bind\n        source: '../../mnt/data'\n        target: /data";
    expect(edit(volumes, [["/mnt/data", "/data"]]).changed).toEqual(["        source: '/mnt/data-training'"]);
  });
  it("goes to .env where one variable says it", () => {
    const volumes = '      - "${CACHE_DIR:-./data}:/data"';
    expect(edit(volumes, [["/mnt/data", "/data"]])).toEqual({ changed: [], env: { CACHE_DIR: "/mnt/data-training" } });
    expect(edit("      - $BASE/data:/data", [["/mnt/data", "/data"]])).toEqual({
      changed: ["      - /mnt/data-training:/data"],
      env: {},
    });
    expect(edit("      - ${BASE}/sub:/data", [["/mnt/data/x/sub", "/data"]]).env).toEqual({ BASE: "/mnt/data-training/x" });
  });
  it("is written out where the variable says other things as well", () => {
    const volumes = '      - "${CACHE_DIR:-./data}:/data"';
    expect(edit(volumes, [["/mnt/data", "/data"]], "    labels: { at: $CACHE_DIR }")).toEqual({
      changed: ['      - "/mnt/data-training:/data"'],
      env: {},
    });
  });
  it("is refused where the place cannot be found", () => {
    expect(() => edit("      - /elsewhere:/other", [["/mnt/data", "/data"]])).toThrow("cannot be found");
  });
});
