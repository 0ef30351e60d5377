import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, it } from "vitest";

const src = resolve(import.meta.dirname, "../src");

/** Room -> what it may import: our rooms or files, then packages. This table is the authority on the arrows. */
const may: Record<string, { ours: string[]; packages: string[]; types?: string[] }> = {
  "errors.ts": { ours: [], packages: [] },
  "compiled.ts": { ours: [], packages: ["node:"] },
  "start.ts": { ours: ["compiled.ts", "main.ts"], packages: ["node:"] },
  "main.ts": { ours: ["session.ts", "cli", "errors.ts"], packages: ["node:"] },
  // The wiring: the one file that knows both the commands and the machine.
  "session.ts": { ours: ["cli", "host", "domain", "errors.ts"], packages: ["node:"], types: ["plan/operations.ts"] },
  domain: { ours: ["errors.ts"], packages: ["yaml", "dotenv", "semver", "zod", "node-diff3", "node:crypto", "node:path"] },
  plan: { ours: ["errors.ts", "domain/json.ts"], packages: ["node:crypto"] },
  steps: { ours: ["plan", "domain", "errors.ts"], packages: ["node:path", "node:crypto"], types: ["host/world.ts"] },
  survey: { ours: ["domain", "errors.ts", "plan"], packages: ["node:path", "node:crypto"], types: ["host/world.ts"] },
  operations: { ours: ["steps", "plan", "domain", "errors.ts"], packages: ["node:path"], types: ["survey"] },
  host: {
    ours: ["domain", "errors.ts", "plan/journal.ts", "plan/plan.ts"],
    packages: ["execa", "docker-compose", "age-encryption", "node:"],
    types: ["plan/operations.ts"],
  },
  cli: {
    ours: ["operations", "survey", "steps", "plan", "domain", "errors.ts"],
    packages: ["yargs", "inquirer", "node:path", "node:util"],
    types: ["host/world.ts"],
  },
};

const within = (path: string, places: string[]) => places.some(place => path === place || path.startsWith(`${place}/`));
const packageOf = (name: string) =>
  name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : name.startsWith("node:") ? name : name.split("/")[0]!;

for (const file of readdirSync(src, { recursive: true, encoding: "utf8" }).filter(name => name.endsWith(".ts"))) {
  it(`${file} imports only what its room may`, () => {
    const room = file.split(sep)[0]!;
    const rule = may[room];
    expect(rule, `the room ${room} is not in the table`).toBeDefined();
    const text = readFileSync(join(src, file), "utf8");
    for (const [statement, , quoted, dynamic] of text.matchAll(
      /^(?:import|export)\b([^;]*?)from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gms,
    )) {
      const name = quoted ?? dynamic!;
      const typesOnly = /^(import|export) type\b/.test(statement);
      if (name.startsWith(".")) {
        const target = relative(src, resolve(src, dirname(file), name))
          .split(sep)
          .join("/");
        expect(within(target, [room, ...rule!.ours, ...(typesOnly ? (rule!.types ?? []) : [])]), `${file} -> ${target}`).toBe(
          true,
        );
      } else {
        const allowed = rule!.packages.some(each => (each === "node:" ? name.startsWith("node:") : packageOf(name) === each));
        expect(allowed, `${file} -> ${name}`).toBe(true);
      }
    }
  });
}

it("only main knows the process", () => {
  for (const file of readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    name => name.endsWith(".ts") && name !== "main.ts",
  )) {
    expect(readFileSync(join(src, file), "utf8"), file).not.toMatch(/\bprocess\.(exit|argv|stdin|stdout|stderr)\b/);
  }
});
