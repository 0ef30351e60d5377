import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCompiled } from "./compiled.ts";

const root = new URL("../", import.meta.url);
const caches = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
const isWanted = process.env["NODE_DISABLE_COMPILE_CACHE"] === undefined;
const chunks = fileURLToPath(new URL("chunks", import.meta.url));
process.on("exit", readCompiled(chunks, isWanted ? join(caches, "graph-mgr/compiled") : null));

// Only now, so that the rest is read in that way.
void import("./main.ts").then(({ run }) => run(root));
