// The texts of the licences of what the build takes in, as dist/THIRD-PARTY-LICENSES: who passes the program on passes them on too.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const NAMED = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** The folder of the package that a module is of; null for our own. */
const packageOf = id => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? null;

function entry(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter(file => NAMED.test(file))
    .sort()
    .map(file => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0) throw new Error(`${name} ${version} (${license}) has no text of its licence`);
  return { name, text: [`${name} ${version}: ${license}`, ...texts].join("\n\n") };
}

/** A plugin of rolldown. */
export const licenses = () => ({
  name: "licenses",
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap(chunk => (chunk.type === "chunk" ? chunk.moduleIds : []));
    const entries = [...new Set(modules.map(packageOf))]
      .filter(folder => folder !== null)
      .map(entry)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const head = "graph-mgr holds programs of others. Their licences:";
    const rule = "-".repeat(80);
    const source = `${[head, ...entries.map(({ text }) => text)].join(`\n\n${rule}\n\n`)}\n`;
    this.emitFile({ type: "asset", fileName: "THIRD-PARTY-LICENSES", source });
  },
});
