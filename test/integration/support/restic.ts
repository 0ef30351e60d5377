import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { needs } from "../../support/programs.ts";

/** A folder for repositories, and what opens them. */
export class Restic {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  private constructor(dir: string) {
    this.dir = dir;
    this.env = { RESTIC_PASSWORD: "canary-password", RESTIC_CACHE_DIR: join(dir, "cache") };
  }

  static async make(): Promise<Restic> {
    await needs("restic");
    return new Restic(await mkdtemp(join(tmpdir(), "graph-mgr-restic-")));
  }

  /** By hand, past graph-mgr. Printed bytes. */
  async run(repository: string, args: readonly string[], input: string | null = null): Promise<Buffer> {
    const { stdout } = await execa("restic", args, {
      env: { ...this.env, RESTIC_REPOSITORY: repository },
      encoding: "buffer",
      ...(input === null ? { stdin: "ignore" } : { input }),
    });
    return Buffer.from(stdout);
  }

  async snapshots(
    repository: string,
    ...more: readonly string[]
  ): Promise<readonly { readonly id: string; readonly tags?: readonly string[] }[]> {
    return JSON.parse((await this.run(repository, ["snapshots", "--json", ...more])).toString());
  }

  remove = (): Promise<void> => rm(this.dir, { recursive: true, force: true });
}

/** Files with data that a repository in a folder consists of. */
export async function packsOf(repository: string): Promise<readonly { readonly path: string; readonly sizeBytes: number }[]> {
  const files = (await readdir(join(repository, "data"), { recursive: true, withFileTypes: true })).filter(each => each.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(paths.map(async path => ({ path, sizeBytes: (await stat(path)).size })));
}

export const storedBytes = async (repository: string): Promise<number> =>
  (await packsOf(repository)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
