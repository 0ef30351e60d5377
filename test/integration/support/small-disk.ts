import { rm } from "node:fs/promises";
import { execa } from "execa";
import { TestHome } from "./cli.ts";

/** A home on a file system of its own, so small that it can be filled. Root alone can make one. */
export class SmallDisk {
  readonly home: TestHome;
  private constructor(home: TestHome) {
    this.home = home;
  }

  static async make(sizeKib: number): Promise<SmallDisk> {
    const home = await TestHome.make();
    await execa("mount", ["-t", "tmpfs", "-o", `size=${sizeKib}k,mode=0700`, "graph-mgr-test", home.path]);
    return new SmallDisk(home);
  }

  /** With whatever is on it. */
  async remove(): Promise<void> {
    // A folder that is mounted on cannot be removed itself.
    await this.home.remove().catch(() => undefined);
    await execa("umount", ["--lazy", this.home.path]);
    await rm(this.home.path, { recursive: true, force: true });
  }
}
