import { beforeEach, describe, expect, it } from "vitest";
import { list } from "../../src/cli/commands/list.ts";
import { status } from "../../src/cli/commands/status.ts";
import { statusPageHtml } from "../../src/cli/status-html.ts";
import { statusPageText } from "../../src/cli/status-text.ts";
import { fitted } from "../../src/cli/watch.ts";
import { noteToText } from "../../src/domain/backup-note.ts";
import { Home } from "../../src/domain/home.ts";
import { parseRecord, recordToText } from "../../src/domain/instance.ts";
import { statusOf } from "../../src/survey/states.ts";
import { type PastOperation, surveyStatusPage } from "../../src/survey/status-page.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const home = new Home(HOME);

let stage: Stage;
let printed: string[];
let noted: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use("v2_22_2", `${HOME}/releases/${NAME}`);
  [printed, noted] = [[], []];
});

const session = (flags: object = {}, over: object = {}) =>
  sessionOn(stage, { print: (text: string) => printed.push(text), note: (text: string) => noted.push(text), ...over }, flags);
const page = { instance: NAME, watch: false, html: undefined };
const shown = async (flags: object = {}, over: object = {}): Promise<string> => {
  await status(session(flags, over), page);
  return printed.join("\n");
};

async function notedBackup(over: object = {}): Promise<void> {
  const path = `${HOME}/backups/000001-${NAME}-20260101T000000Z.tar`;
  const note = {
    schema: 1 as const,
    sequence: 1,
    path,
    instance: NAME,
    release: NAME,
    createdAt: new Date(stage.machine.state.clockMs - 3_600_000).toISOString(),
    sizeBytes: 1_234_567,
    withImages: false,
    digest: "",
    sha256: null,
    encrypted: null,
    verified: { at: new Date(stage.machine.state.clockMs - 1_800_000).toISOString(), how: "verify" as const },
    drilled: null,
    ...over,
  };
  await stage.world.files.write(path, "a backup", 0o600);
  await stage.world.files.write(home.backupNote(note.sequence), noteToText(note), 0o600);
}

describe("the page of an instance", () => {
  it("says what serves, since when, where, and what runs", async () => {
    const text = await shown();
    expect(text).toMatch(/^v2\.22\.2 \(current\): running, (healthy|none), for [^;]+$/m);
    expect(text).toMatch(/^ {2}Release +v2\.22\.2 of graphistry, layout legacy, installed$/m);
    expect(text).toMatch(/^ {2}Folder +\/srv\/graphistry\/releases\/v2\.22\.2$/m);
    expect(text).toMatch(/^ {2}Address +http:\/\/localhost\//m);
    expect(text).toMatch(/^ {2}Last backup +none: graph-mgr backup create$/m);
    expect(text).toMatch(/^ {2}Last drill +none$/m);
    expect(text).toMatch(/^SERVICE +STATE +HEALTH/m);
    expect(text).toMatch(/^VOLUME +NAME +SIZE$/m);
  });

  it("says when it was backed up, and whether that was found whole", async () => {
    await notedBackup();
    expect(await shown()).toMatch(
      /^ {2}Last backup +number 1, 1 h( \d+ \w+)? ago, 1\.2 MB; found whole by verify, 30 min( \d+ s)? ago$/m,
    );
    expect(printed.join("\n")).toMatch(/^ {2}Last drill +none: graph-mgr backup verify 1 --drill$/m);
  });

  it("counts no backup whose file is gone", async () => {
    await notedBackup();
    await stage.world.files.remove(`${HOME}/backups/000001-${NAME}-20260101T000000Z.tar`);
    expect(await shown()).toMatch(/^ {2}Last backup +none/m);
  });

  it("shows the newest operations with what visitors went without", async () => {
    const store = session().store;
    const [last] = (await store.list()).slice(-1);
    await store.noteEnd(last?.plan.id ?? "", { at: "2026-01-02T00:00:30Z", downtimeMs: 12_000, downtimeApproximate: true });
    expect(await shown()).toMatch(/^install +v2\.22\.2 .* done +about 12 s$/m);
  });

  it("is one document with --json, with the fields of list", async () => {
    await notedBackup();
    expect(JSON.parse(await shown({ json: true }))).toMatchObject({
      schema: 1,
      name: NAME,
      version: NAME,
      state: "running",
      current: true,
      product: "graphistry",
      layout: "legacy",
      origin: { how: "install" },
      engine: { version: expect.any(String), compose: expect.any(String) },
      addresses: expect.arrayContaining(["http://localhost/"]),
      servingSince: expect.stringMatching(/^2026-/),
      services: expect.any(Array),
      volumes: expect.any(Array),
      backup: { sequence: 1 },
      verified: { sequence: 1, how: "verify" },
      drill: null,
      update: { to: null, blocked: null, unread: [] },
      operations: [{ kind: "install", outcome: "done", downtimeMs: null }],
    });
  });

  it("gives the reason when a service is down", async () => {
    const { state } = stage.machine;
    const [id, one] = [...state.containers].find(([, { labels }]) => labels["com.docker.compose.service"] === "nexus") ?? [];
    if (id === undefined || one === undefined) throw new Error("no nexus");
    state.containers.set(id, { ...one, state: "exited", exitCode: 137 });
    const text = await shown();
    expect(text).toContain(": partial, unhealthy");
    expect(text).toMatch(/^ {2}! nexus: ended with code 137/m);
  });

  it("gives reasons also where all has ended by itself, and none where it was stopped or never launched", async () => {
    const { state } = stage.machine;
    const running = new Map(state.containers);
    for (const [id, one] of running) state.containers.set(id, { ...one, state: "exited", exitCode: 1 });
    expect(await shown()).toMatch(/^ {2}! nexus: ended with code 1/m);
    // As `docker compose stop` leaves it.
    for (const [id, one] of running) state.containers.set(id, { ...one, state: "exited", exitCode: 0 });
    printed = [];
    const byHand = await shown();
    expect(byHand.match(/^ {2}! .*$/gm)).toEqual(["  ! it was stopped, and not by graph-mgr: graph-mgr launch v2.22.2"]);
    for (const [id, one] of running) state.containers.set(id, one);
    await stage.stop(NAME);
    printed = [];
    expect(await shown()).not.toContain(" ! ");
    await stage.install("v2.23.0", { launch: false });
    printed = [];
    await status(session(), { ...page, instance: "v2.23.0" });
    expect(printed.join("\n")).not.toContain(" ! ");
  });

  it("says where it serves since it has moved, and nothing of its health here", async () => {
    await stage.stop(NAME);
    const path = home.record(NAME);
    const record = parseRecord((await stage.world.files.read(path)) ?? "", path);
    await stage.world.files.write(path, recordToText({ ...record, movedTo: "root@far (http://far/)" }), 0o600);
    const text = await shown();
    expect(text).toMatch(/^v2\.22\.2 \(current\): moved$/m);
    expect(text).toMatch(/^ {2}Moved to +root@far \(http:\/\/far\/\)$/m);
    expect(text).not.toMatch(/Address|unhealthy/);
    printed = [];
    await list(session());
    expect(printed.join("\n")).toMatch(/^\* +v2\.22\.2 +moved +none /m);
    printed = [];
    await list(session({ json: true }));
    expect(JSON.parse(printed.join("\n"))).toMatchObject({
      instances: [{ state: "stopped", movedTo: "root@far (http://far/)" }],
    });
    await status(session(), { ...page, html: "/srv/status.html" });
    const written = await stage.world.files.read("/srv/status.html");
    expect(written).toContain("<dt>Moved to</dt><dd>root@far (http://far/)</dd>");
    expect(written).not.toMatch(/<dt>Address|unhealthy/);
  });

  it("keeps within 80 columns", async () => {
    await notedBackup({ encrypted: "recipients" });
    const lines = (await shown({}, { printColumns: 80 })).split("\n");
    expect(lines.filter(line => line.length > 80)).toEqual([]);
  });
});

describe("what update would do next", () => {
  // The simulated shelf is what bundles are read from; here their names lie, too.
  beforeEach(() => {
    stage.sim.disk.makeFolder("/bundles", 0o755);
    for (const release of [NAME, "v2.23.0"]) stage.sim.disk.write(`/bundles/${release}.tar.gz`, Buffer.alloc(0), 0o644);
  });
  const looked = async () => {
    const { versions } = await import("../../src/cli/commands/versions.ts");
    await versions(session(), { bundles: ["/bundles"], from: undefined });
    printed = [];
  };
  /** The folder where the bundles are is where one stands. */
  const there = { cwd: "/bundles" };

  it("is said from what is remembered of bundles, and no bundle is looked into for it", async () => {
    await looked();
    stage.world.bundles.glance = async () => {
      throw new Error("looked into a bundle");
    };
    expect(await shown({}, there)).toMatch(/^ {2}Update +to v2\.\S+.*: graph-mgr update v2\./m);
  });

  it("names bundles that nobody looked into", async () => {
    const text = await shown({}, there);
    expect(text).toContain("not looked into yet: ");
    expect(text).toContain("v2.23.0.tar.gz");
    expect(text).not.toContain(NAME.concat(".tar.gz"));
    expect(text).not.toContain("graph-mgr update");
  });

  it("is with all instances, too, where something is remembered", async () => {
    await stage.install("v1.0.0");
    await looked();
    await status(session({}, there), { ...page, instance: undefined });
    expect(printed.join("\n")).toMatch(/^Update of v2\.22\.2: to v2\./m);
    expect(printed.join("\n")).toMatch(/^Last backup of v2\.22\.2: none: graph-mgr backup create$/m);
    await status(session({ json: true }, there), { ...page, instance: undefined });
    expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({
      current: NAME,
      instances: [{ lastBackup: null }, { lastBackup: null }],
      update: { to: { version: expect.stringMatching(/^v2\./) } },
      unfinished: null,
    });
  });

  it("with all instances tells the backup of the highest number whose file is there", async () => {
    await stage.install("v1.0.0");
    for (const sequence of [2, 9, 10, 11]) await notedBackup({ sequence, path: `${HOME}/backups/${sequence}` });
    await stage.world.files.write(`${HOME}/backups/10`, "a backup", 0o600);
    await status(session(), { ...page, instance: undefined });
    expect(printed.at(-1)).toMatch(/^Last backup of v2\.22\.2: number 10, /m);
    await status(session({ json: true }), { ...page, instance: undefined });
    const { instances } = JSON.parse(printed.at(-1) ?? "") as { instances: { name: string; lastBackup: unknown }[] };
    expect(instances.find(({ name }) => name === NAME)?.lastBackup).toMatchObject({ sequence: 10 });
    await stage.world.files.remove(`${HOME}/backups/10`);
    await status(session(), { ...page, instance: undefined });
    expect(printed.at(-1)).toMatch(/^Last backup of v2\.22\.2: none/m);
  });

  it("with all instances measures nothing", async () => {
    await stage.install("v1.0.0");
    stage.world.engine.volumeSizeBytes = async () => {
      throw new Error("measured");
    };
    await status(session(), { ...page, instance: undefined });
    expect(printed.join("\n")).toContain("v1.0.0");
  });
});

const HOSTILE = `<script>alert("1")</script>&'\u001b[2J\u202e`;

async function hostilePage(): Promise<string> {
  const { record } = await stage.facts(NAME);
  const containers = await stage.world.engine.containers();
  const own = session();
  const found = await surveyStatusPage(stage.world, home, record, containers, await own.store.list(), own.store.end);
  const bad = { ...record, name: HOSTILE, dir: HOSTILE, product: { ...record.product, product: HOSTILE } };
  const operation: PastOperation = {
    id: HOSTILE,
    kind: HOSTILE,
    instance: HOSTILE,
    outcome: "done",
    beganAt: HOSTILE,
    endedAt: "2026-01-01T00:00:00Z",
    downtimeMs: 1000,
    downtimeApproximate: false,
  };
  const service = { service: HOSTILE, state: HOSTILE, health: "unhealthy", why: HOSTILE, since: HOSTILE, image: HOSTILE };
  const own2 = statusOf(bad, containers, true, new Map());
  return statusPageHtml(
    {
      record: bad,
      isCurrent: true,
      status: own2,
      page: {
        ...found,
        services: [{ ...service, imageId: HOSTILE, restarts: 1 }, ...found.services],
        volumes: [{ key: HOSTILE, name: HOSTILE, sizeBytes: null }],
        addresses: [HOSTILE],
        operations: [operation],
        database: { version: HOSTILE, sizeBytes: 1 },
        engine: { version: HOSTILE, compose: HOSTILE },
        backup: { sequence: 1, path: HOSTILE, createdAt: HOSTILE, sizeBytes: 1, encrypted: null },
      },
      update: { to: { version: HOSTILE, path: HOSTILE, hops: [HOSTILE], read: [HOSTILE] }, blocked: null, unread: [HOSTILE] },
    },
    HOSTILE,
    [own2, own2],
    HOSTILE,
    "2026-01-01T00:00:00Z",
  );
}

describe("status --html", () => {
  const html = { ...page, html: "/srv/status.html" };
  const written = async () => (await stage.world.files.read("/srv/status.html")) ?? "";

  it("writes one page for its owner alone, which loads nothing and runs nothing", async () => {
    await status(session(), html);
    expect(printed).toEqual([`The page of ${NAME}: /srv/status.html`]);
    expect(await stage.world.files.mode("/srv/status.html")).toBe(0o600);
    const text = await written();
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).toContain(`<meta name="viewport"`);
    expect(text).toContain("prefers-color-scheme:dark");
    expect(text).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|@import|url\(|\son\w+=/i);
    expect([...text.matchAll(/https?:\/\/[^/<"]+/g)].map(([each]) => each).filter(each => !each.includes("localhost"))).toEqual(
      [],
    );
  });

  it("has a chart of downtime, told in words and in a table as well", async () => {
    const { store } = session();
    const [install] = await store.list();
    await store.noteEnd(install?.plan.id ?? "", { at: "2026-01-02T00:00:30Z", downtimeMs: 61_000 });
    await status(session(), html);
    const text = await written();
    expect(text).toMatch(/<svg [^>]*role="img" aria-labelledby="chart-title chart-desc">/);
    expect(text).toContain("1 operation turned visitors away; the longest was install of v2.22.2, 1 min 1 s.");
    expect(text).toContain(`<td data-head="Downtime"><span>1 min 1 s</span></td>`);
  });

  it("says where nobody was turned away that there is no chart", async () => {
    await status(session(), html);
    expect(await written()).toContain("No operation turned visitors away");
  });

  it("keeps the mode that somebody gave the file", async () => {
    await stage.world.files.write("/srv/status.html", "old", 0o644);
    await status(session(), html);
    expect(await stage.world.files.mode("/srv/status.html")).toBe(0o644);
    expect(await written()).not.toBe("old");
  });

  it("writes nothing with --dry-run, nor where there is no folder, nor over one", async () => {
    await status(session({ dryRun: true }), html);
    expect(await stage.world.files.exists("/srv/status.html")).toBe(false);
    for (const bad of ["/nowhere/status.html", "/srv", ""])
      await expect(status(session(), { ...html, html: bad })).rejects.toThrow(
        expect.objectContaining({ code: "BAD_PATH", exit: 2 }),
      );
    expect(await stage.world.files.exists("/nowhere")).toBe(false);
  });

  it("lets no text out of its place", async () => {
    const text = await hostilePage();
    expect(text.split("&lt;script&gt;").length).toBeGreaterThan(15);
    expect(text).not.toMatch(/<script|alert\("|\u001b|\u202e/);
    expect(text.match(/&(?!amp;|lt;|gt;|quot;|#39;)/g)).toBeNull();
  });

  it("closes what it opens", async () => {
    const open: string[] = [];
    const single = ["meta", "rect", "!doctype"];
    for (const [, slash, tag = ""] of (await hostilePage()).matchAll(/<(\/?)([a-z!]+[1-6]?)[^>]*>/g)) {
      if (single.includes(tag)) continue;
      if (slash === "") open.push(tag);
      else expect(open.pop()).toBe(tag);
    }
    expect(open).toEqual([]);
  });

  it("cannot be watched", async () => {
    await expect(status(session(), { ...html, watch: true })).rejects.toThrow(
      expect.objectContaining({ code: "USAGE", exit: 2 }),
    );
  });
});

it("a reason moves no cursor at a terminal either", async () => {
  const { record } = await stage.facts(NAME);
  const containers = await stage.world.engine.containers();
  const own = session();
  const found = await surveyStatusPage(stage.world, home, record, containers, await own.store.list(), own.store.end);
  const [first, ...rest] = found.services;
  if (first === undefined) throw new Error("no service");
  const services = [{ ...first, health: "unhealthy", why: "failed\n\u001b[2Jhere" }, ...rest];
  const facts = { record, isCurrent: true, status: statusOf(record, containers, true, new Map()), page: { ...found, services } };
  const text = statusPageText({ ...facts, update: { to: null, blocked: null, unread: [] } }, 0, 80);
  expect(text).toContain(`  ! ${first.service}: failed here`);
  expect(text).not.toContain("\u001b");
});

describe("status --watch", () => {
  it("is cut to what the terminal can show in place", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    expect(fitted(lines, 23)).toHaveLength(23);
    expect(fitted(lines, 23).at(-1)).toBe("... 8 lines more; a higher terminal shows them");
    expect(fitted(lines, 30)).toEqual(lines);
  });

  it("writes over what it wrote, however long the page is", async () => {
    const stop = new AbortController();
    let looks = 0;
    const pause = async () => {
      looks += 1;
      if (looks === 2) stop.abort();
    };
    const world = { ...stage.world, pause };
    await status(session({}, { world, isTerminal: true, rows: 12, columns: 80, signal: stop.signal }), { ...page, watch: true });
    expect(noted).toHaveLength(3);
    for (const text of noted) expect(text.split("\n")).toHaveLength(11);
    expect(noted[0]).not.toContain("\u001b[11F");
    expect(noted[1]?.startsWith("\u001b[11F")).toBe(true);
    expect(noted[2]?.endsWith("\u001b[J")).toBe(true);
  });
});
