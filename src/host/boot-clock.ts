import { readFile } from "node:fs/promises";
import type { BootClock } from "./world.ts";

/** The kernel's own words (https://man7.org/linux/man-pages/man5/proc_uptime.5.html); null where there is no such kernel. */
export async function sinceBoot(proc = "/proc"): Promise<BootClock | null> {
  try {
    const [boot, uptime] = await Promise.all(
      ["sys/kernel/random/boot_id", "uptime"].map(name => readFile(`${proc}/${name}`, "utf8")),
    );
    const seconds = Number.parseFloat(uptime ?? "");
    return boot === undefined || !Number.isFinite(seconds) ? null : { boot: boot.trim(), ms: Math.round(seconds * 1000) };
  } catch {
    return null;
  }
}
