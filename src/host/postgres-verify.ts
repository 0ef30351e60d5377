import type { Helpers } from "./helper-container.ts";
import { numbered } from "./postgres-dump.ts";
import { verifyDump } from "./postgres-dump-files.ts";
import { READ_BACK } from "./postgres-scripts.ts";
import type { Progress } from "./world.ts";

/** Compares every byte of a dump with what was written, and has pg_restore read it to its end. @throws OperatorError NO_DUMP, DUMP_DAMAGED */
export async function readBack(helpers: Helpers, dir: string, helperImage: string, progress: Progress): Promise<void> {
  const { databases } = await verifyDump(dir);
  await helpers.run(
    {
      purpose: "read-back",
      title: `Reading back the dump ${dir}`,
      image: helperImage,
      script: READ_BACK,
      env: { COUNT: String(databases.length) },
      folders: [{ path: dir, at: "/dump", writable: false }],
      user: `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
    },
    numbered("reading back the dump of", databases, progress),
  );
}
