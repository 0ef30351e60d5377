import { defineConfig } from "rolldown";
import { licenses } from "./scripts/licenses.js";

// One bundle with split chunks: a command's code is read only when that command runs, so that `--help` starts fast.
export default defineConfig({
  input: { "graph-mgr": "src/main.ts" },
  platform: "node",
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    banner: chunk => (chunk.isEntry ? "#!/usr/bin/env node" : ""),
    chunkFileNames: "chunks/[name]-[hash].js",
    minify: true,
  },
  plugins: [licenses()],
  resolve: { alias: { "string-width": "fast-string-width" } },
});
