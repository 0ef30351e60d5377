// Writes docs/commands.md from the definitions that the parser and the help are made of: `npm run docs`.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const path = relative => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const bundle = await rolldown({ input: path("src/cli/reference.ts"), platform: "node" });
const { output } = await bundle.generate({ format: "esm" });
const { commandReference } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
writeFileSync(path("docs/commands.md"), commandReference());
