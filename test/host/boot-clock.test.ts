import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sinceBoot } from "../../src/host/boot-clock.ts";

it.runIf(process.platform === "linux")("goes on, and is of one boot as long as the machine runs", async () => {
  const first = await sinceBoot();
  const second = await sinceBoot();
  expect(first?.boot).toMatch(/^[0-9a-f-]{36}$/);
  expect(second?.boot).toBe(first?.boot);
  expect(second?.ms).toBeGreaterThanOrEqual(first?.ms ?? Number.NaN);
});

it("says nothing where the system does not", async () => {
  const proc = await mkdtemp(join(tmpdir(), "graph-mgr-proc-"));
  try {
    expect(await sinceBoot(proc)).toBeNull();
    await mkdir(join(proc, "sys/kernel/random"), { recursive: true });
    await writeFile(join(proc, "sys/kernel/random/boot_id"), "a-b\n");
    await writeFile(join(proc, "uptime"), "");
    expect(await sinceBoot(proc)).toBeNull();
    await writeFile(join(proc, "uptime"), "12.34 99.00\n");
    expect(await sinceBoot(proc)).toEqual({ boot: "a-b", ms: 12_340 });
  } finally {
    await rm(proc, { recursive: true });
  }
});
