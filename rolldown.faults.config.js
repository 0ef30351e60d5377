import { resolve } from "node:path";
import base from "./rolldown.config.js";

// The program as it ships, but for one module: the store of operations is wrapped by one that can kill the process at a chosen moment. What ships knows
// nothing of it.
const hook = resolve(import.meta.dirname, "test/integration/support/kill-hook.ts");
const killHook = {
  name: "kill-hook",
  resolveId(source, importer) {
    const isWiring = importer?.endsWith("/src/session.ts") ?? false;
    return isWiring && (source === "./host/operation-store.ts" || source === "./host/create-world.ts") ? hook : null;
  },
};

export default { ...base, plugins: [killHook, ...base.plugins], output: { ...base.output, dir: "dist-test", minify: false } };
