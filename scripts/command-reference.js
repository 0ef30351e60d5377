// Writes docs/commands.md and man/graph-mgr.1 from the definitions that the parser and the help are made of: `npm run docs`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const path = relative => fileURLToPath(new URL(`../${relative}`, import.meta.url));

async function load(file) {
  const bundle = await rolldown({ input: path(file), platform: "node" });
  const { output } = await bundle.generate({ format: "esm" });
  return await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}

const { commandReference } = await load("src/cli/reference.ts");
writeFileSync(path("docs/commands.md"), commandReference());
const { manPage } = await load("src/cli/man-page.ts");
mkdirSync(path("man"), { recursive: true });
writeFileSync(path("man/graph-mgr.1"), manPage(JSON.parse(readFileSync(path("package.json"), "utf8")).version));
