import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { docker } from "./support/cli.ts";
import { backupBundle, backupHome, RELEASE } from "./support/small-backup.ts";
import type { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";
import { runUnit } from "./support/unit.ts";

/** A schedule as systemd reads it, and its nights on the real engine. No systemd runs here, so a test does what its timer would. */
let small: SmallProduct;
let own: SmallHome;
let folder: string;

beforeAll(async () => {
  small = await SmallProduct.make();
  own = await backupHome(await backupBundle(small));
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-units-"));
});
afterAll(async () => {
  await own?.remove();
  await small?.remove();
  await rm(folder, { recursive: true, force: true });
});

const service = async (units: string) => {
  const name = (await readdir(units)).find(each => each.endsWith(".service"));
  return { name: name?.replace(/\.service$/, "") ?? "", text: await readFile(join(units, name ?? ""), "utf8") };
};

interface Listed {
  readonly backups: readonly { readonly sequence: number; readonly path: string; readonly drilled: unknown }[];
}

it("F72 F76 a schedule is what systemd understands, its nights make backups that restore, and its failures are told", {
  timeout: 600_000,
}, async () => {
  const { home } = own;
  const [units, to, alert, heard] = ["units", 'to "100%n" $HOME', "tell me", "heard"].map(name => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  await mkdir(to);
  await writeFile(
    alert,
    `#!/bin/sh\nprintf '%s\\n' "$#" "$GRAPH_MGR_EXIT" "$GRAPH_MGR_CODE" "$GRAPH_MGR_MESSAGE" > "${heard}"\n`,
  );
  await chmod(alert, 0o700);
  const schedule = (...words: readonly string[]) => home.run("backup", "schedule", "--unit-dir", units, ...words);

  expect((await schedule("--calendar", "Foo 02:30", "--yes")).stderr).toContain("systemd does not know what time");
  expect((await schedule("--calendar", "2020-01-01", "--yes")).code).toBe(2);
  expect((await schedule("--keep-last", "1")).code).toBe(2);
  expect(await readdir(units).catch(() => null)).toBe(null);

  const written = await schedule("--at", "3:15", "--keep-last", "1", "--to", to, "--alert", alert, "--yes");
  expect([written.code, written.stderr]).toEqual([0, expect.stringContaining("the units are written, and not enabled")]);
  expect(written.stdout).toContain("systemctl enable --now graph-mgr-backup-current-");
  const { name, text } = await service(units);
  const verified = await execa("systemd-analyze", [
    "verify",
    "--man=no",
    join(units, `${name}.timer`),
    join(units, `${name}.service`),
  ]);
  expect([verified.stdout, verified.stderr]).toEqual(["", ""]);
  expect((await schedule("--show")).stdout).toContain("current: *-*-* 03:15:00, next at ");

  // The first night restores its backup for a trial, the second one does not, and deletes the first's.
  const first = await runUnit(text);
  expect([first.exitCode, first.stdout]).toEqual([0, expect.stringMatching(/: backed up to .*, and restored for a trial\.$/m)]);
  const second = await runUnit(text);
  expect([second.exitCode, second.stdout]).toEqual([0, expect.stringMatching(/: backed up to .*\.tar\.$/m)]);
  const { backups } = await home.json<Listed>("backup", "list");
  expect(backups).toMatchObject([{ sequence: 2, path: expect.stringContaining(to), drilled: null }]);
  expect(await readdir(to)).toEqual([backups[0]?.path.split("/").at(-1)]);
  expect(
    await docker("volume", "ls", "--quiet", "--filter", "name=drill_", "--filter", `label=graph-mgr.home=${home.path}`),
  ).toBe("");

  // A night that cannot write says so, by its exit code, in the journal and to the program, and deletes nothing.
  await rm(to, { recursive: true });
  await writeFile(to, "a file where the folder was");
  const failed = await runUnit(text);
  expect([failed.exitCode, failed.stderr]).not.toEqual([0, ""]);
  const [count, exit, code, message] = (await readFile(heard, "utf8")).split("\n");
  expect([count, exit, failed.stderr]).toEqual(["0", String(failed.exitCode), expect.stringContaining(message ?? "nothing")]);
  expect(code).toMatch(/^[A-Z_]+$/);
  expect(
    (await home.json<{ operations: readonly { outcome: string }[] }>("operations")).operations.filter(
      ({ outcome }) => outcome === "unfinished",
    ),
  ).toEqual([]);

  expect((await schedule("--remove")).code).toBe(0);
  expect(await readdir(units)).toEqual([]);
  expect((await own.listed()).current).toBe(own.name(RELEASE));
});

it("F71 F74 a schedule's backups are encrypted, restored for a trial all the same, and what opens them stays in its file", async () => {
  const { home } = own;
  const [units, to, passphrase] = ["encrypted-units", "encrypted", "passphrase"].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(passphrase, "eleven small boats at noon\n", { mode: 0o600 });
  const schedule = ["backup", "schedule", "--unit-dir", units, "--to", to, "--yes", "--encrypt", "passphrase"];
  const unasked = await home.run(...schedule);
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("Nobody is there at night to type a passphrase.")]);
  await home.ok(...schedule, "--passphrase-file", passphrase);
  const { text } = await service(units);
  expect(text).toContain(passphrase);
  expect(text).not.toContain("eleven small boats");

  const made = await runUnit(text);
  expect([made.exitCode, made.stdout]).toEqual([0, expect.stringMatching(/: backed up to .*, and restored for a trial\.$/m)]);
  const [archive = ""] = await readdir(to);
  expect(await readFile(join(to, archive), "latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt /);
  await rm(passphrase);
  const gone = await runUnit(text);
  expect([gone.exitCode, gone.stderr]).toEqual([3, expect.stringContaining(`There is no file ${passphrase} with a passphrase.`)]);
  expect(await readdir(to)).toEqual([archive]);
});
