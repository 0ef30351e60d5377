import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFileStore } from "../../src/host/file-store.ts";
import { nodeDisk } from "../../src/host/node-disk.ts";
import { Died, type FaultKind, Machine } from "../simulator/machine.ts";
import { powerCut } from "../simulator/power.ts";
import { SimDisk } from "../simulator/sim-disk.ts";
import { emptyState } from "../simulator/state.ts";

const OLD = "the old text, which is whole\n";
const NEW = "the new text, which is longer and whole as well\n";
const SEEDS = 40;

function host(machine = new Machine(emptyState())) {
  const sim = new SimDisk(machine);
  return { machine, sim, files: createFileStore(sim.disk) };
}

/** A home with one file and one link, all of it on the disk. */
async function home() {
  const { machine, files } = host();
  await files.write("/home/record.json", OLD, 0o600);
  await files.replaceLink("/home/current", "releases/old");
  return machine;
}

type Work = (files: ReturnType<typeof createFileStore>) => Promise<void>;

/** Cuts `work` before every effect, every kind of cut and seed, and shows what a new process finds. */
async function cutEverywhere(work: Work, show: (files: ReturnType<typeof createFileStore>, how: string) => Promise<void>) {
  const start = await home();
  const whole = host(start.clone());
  await work(whole.files);
  const effects = whole.machine.effects;
  expect(effects).toBeGreaterThan(1);
  for (let at = 0; at < effects; at += 1) {
    for (const kind of ["crash", "torn", "power"] as const satisfies readonly FaultKind[]) {
      for (let seed = 0; seed < (kind === "power" ? SEEDS : 1); seed += 1) {
        const { machine, files } = host(start.clone());
        machine.strike({ kind, at });
        await expect(work(files)).rejects.toThrow(Died);
        if (kind === "power") powerCut(machine.state, seed);
        await show(host(machine.clone()).files, `${kind} before effect ${at}, seed ${seed}`);
      }
    }
  }
}

describe("a file of the home", () => {
  it("F22 is written to the old text or the new one, whatever is cut off where", async () => {
    await cutEverywhere(
      files => files.write("/home/record.json", NEW),
      async (files, how) => expect([OLD, NEW], how).toContain(await files.read("/home/record.json")),
    );
  });

  it("F22 is new and whole, or not there", async () => {
    await cutEverywhere(
      files => files.write("/home/deep/er/new.json", NEW, 0o600),
      async (files, how) => {
        expect([null, NEW], how).toContain(await files.read("/home/deep/er/new.json"));
        expect([null, 0o600], how).toContain(await files.mode("/home/deep/er/new.json"));
      },
    );
  });

  it("F22 is on the disk once the call is over: text, mode, link, rename, removal", async () => {
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { machine, files } = host((await home()).clone());
      await files.write("/home/record.json", NEW);
      await files.write("/home/deep/new.json", NEW, 0o600);
      await files.write("/home/moved.json", NEW, 0o600);
      await files.write("/home/gone.json", NEW, 0o600);
      await files.changeMode("/home/record.json", 0o640);
      await files.replaceLink("/home/current", "releases/new");
      await files.replaceLink("/home/other", "x");
      await files.replaceLink("/home/other", null);
      await files.rename("/home/moved.json", "/home/else/where.json");
      await files.remove("/home/gone.json");
      powerCut(machine.state, seed);
      const after = host(machine.clone()).files;
      expect(await after.read("/home/record.json"), `seed ${seed}`).toBe(NEW);
      expect(await after.mode("/home/record.json"), `seed ${seed}`).toBe(0o640);
      expect(await after.read("/home/deep/new.json"), `seed ${seed}`).toBe(NEW);
      expect(await after.readLink("/home/current"), `seed ${seed}`).toBe("releases/new");
      expect(await after.readLink("/home/other"), `seed ${seed}`).toBeNull();
      expect(await after.exists("/home/moved.json"), `seed ${seed}`).toBe(false);
      expect(await after.read("/home/else/where.json"), `seed ${seed}`).toBe(NEW);
      expect(await after.exists("/home/gone.json"), `seed ${seed}`).toBe(false);
    }
  });

  it("leaves nothing beside it once it is removed, also after a write that was cut off", async () => {
    await cutEverywhere(
      files => files.write("/home/deep/new.json", NEW, 0o600),
      async (files, how) => {
        await files.remove("/home/deep/new.json");
        expect(await files.list("/home/deep"), how).toEqual([]);
      },
    );
    await cutEverywhere(
      files => files.replaceLink("/home/links/current", "x"),
      async (files, how) => {
        await files.replaceLink("/home/links/current", null);
        expect(await files.list("/home/links"), how).toEqual([]);
      },
    );
  });

  it("keeps its old text when the disk is full or fails", async () => {
    const start = await home();
    for (const kind of ["full", "io"] as const) {
      for (let at = 0; ; at += 1) {
        const { machine, files } = host(start.clone());
        machine.strike({ kind, at });
        const error = await files.write("/home/record.json", NEW).then(
          () => null,
          (thrown: unknown) => thrown as { code?: string },
        );
        if (!machine.hasStruck) break;
        const text = await files.read("/home/record.json");
        expect([OLD, NEW], `${kind} at ${at}`).toContain(text);
        if (error === null) expect(text).toBe(NEW);
        machine.full = false;
        await files.write("/home/record.json", NEW);
        expect(await files.list("/home"), `${kind} at ${at}`).toEqual(["current", "record.json"]);
      }
    }
  });

  it("keeps its mode when it is rewritten without one, and its owner", async () => {
    const { sim, files } = host();
    await files.write("/home/a.env", OLD, 0o640);
    sim.own("/home/a.env", { uid: 1000, gid: 1001 });
    await files.write("/home/a.env", NEW);
    expect(sim.stat("/home/a.env")).toMatchObject({ mode: 0o640, uid: 1000, gid: 1001 });
    await files.write("/home/a.env", OLD, 0o600);
    expect(await files.mode("/home/a.env")).toBe(0o600);
  });

  it("F73 is never readable for others on its way, and folders are private", async () => {
    const { machine, sim, files } = host();
    machine.watch = () => {
      for (const path of sim.walk("/home")) {
        const node = sim.node(path);
        if (node?.type !== "link") expect((node?.mode ?? 0) & 0o077, path).toBe(0);
      }
    };
    await files.write("/home/deep/a.env", OLD, 0o600);
    await files.write("/home/deep/a.env", NEW, 0o600);
    await files.makeFolder("/home/other/folders");
  });

  it("is not renamed onto something", async () => {
    const { files } = host((await home()).clone());
    await expect(files.rename("/home/record.json", "/home/current")).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
    expect(await files.read("/home/record.json")).toBe(OLD);
  });
});

describe("the current link", () => {
  it("points to the old instance or the new one, whatever is cut off where", async () => {
    await cutEverywhere(
      files => files.replaceLink("/home/current", "releases/new"),
      async (files, how) => expect(["releases/old", "releases/new"], how).toContain(await files.readLink("/home/current")),
    );
  });
});

it.each(["simulated", "this machine's"])(
  "says of what is at a path enough to tell it from anything else, on a disk: %s",
  async kind => {
    const dir = await mkdtemp(join(tmpdir(), "graph-mgr-imprint-"));
    try {
      const { sim, files: simulated } = host();
      const files = kind === "simulated" ? simulated : createFileStore(nodeDisk);
      const bytes = Buffer.from([0, 1]);
      if (kind === "simulated") {
        sim.makeFolder(join(dir, "folder"), 0o755);
        sim.write(join(dir, "file"), bytes, 0o644);
        sim.symlink("file", join(dir, "link"));
      } else {
        await mkdir(join(dir, "folder"));
        await writeFile(join(dir, "file"), bytes);
        await symlink("file", join(dir, "link"));
      }
      const found = await Promise.all(["folder", "file", "link", "nothing"].map(name => files.imprint(join(dir, name))));
      const digest = "sha256:b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2";
      expect(found).toEqual(["folder", digest, "link file", null]);
    } finally {
      await rm(dir, { recursive: true });
    }
  },
);
