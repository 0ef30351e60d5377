import { createHash } from "node:crypto";
import type { DatabaseProof } from "../domain/database.ts";

/**
 * Makes a proof of what the helper printed: lines of JSON (see postgres-proof-sql.ts) and, after a line `["schema"]`, the text of
 * `pg_dump --schema-only` with `S` before each line, until the next line of JSON. Other lines are progress.
 * @param major of the server
 */
export function parseProof(printed: string, major: number): DatabaseProof {
  const kinds = { entry: new Map<string, string>(), definition: new Map<string, string>(), sequence: new Map<string, string>() };
  let database: string | null = null;
  let schema: string[] = [];
  const endSchema = (): void => {
    for (const [object, { owner, text }] of objectsOf(schema)) {
      const path = [...(database === null ? [] : [quoted(database)]), "object", object].join("/");
      kinds.entry.set(path, `owner ${owner}`);
      kinds.definition.set(path, createHash("sha256").update(text).digest("hex").slice(0, 16));
    }
    schema = [];
  };
  for (const line of printed.split("\n")) {
    if (line.startsWith("S")) schema.push(line.slice(1));
    if (!line.startsWith("[")) continue;
    endSchema();
    const [kind, name, value] = JSON.parse(line) as [string, string | null | readonly string[], string];
    if (kind === "in") database = name as string | null;
    else if (kind === "entry" || kind === "definition" || kind === "sequence") {
      const [what = "", ...parts] = name as readonly string[];
      const path = [
        ...(database === null ? [] : [quoted(database)]),
        what,
        ...(parts.length === 0 ? [] : [parts.map(quoted).join(".")]),
      ].join("/");
      kinds[kind].set(path, value);
    }
  }
  endSchema();
  return {
    schema: 1,
    major,
    entries: sorted(kinds.entry),
    sequences: sorted(kinds.sequence),
    definitions: sorted(kinds.definition),
  };
}

const quoted = (name: string): string => (/^[A-Za-z0-9_-]+$|^\*$/.test(name) ? name : JSON.stringify(name));

const sorted = (values: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));

const HEADER = /^-- Name: (.*); Type: (.*); Schema: (.*?); Owner: (.*?)(?:; Tablespace: .*)?$/;

/** Lines that say how the dump was made, not what is in the database. */
const NOISE =
  /^(--|SET default_tablespace = .*|SET default_table_access_method = .*|\\(un)?restrict .*|-- PostgreSQL database dump complete|)$/;

/** The objects of a plain dump by the comments that pg_dump puts above them. Several of one name and type count as one. */
function objectsOf(lines: readonly string[]): ReadonlyMap<string, { readonly owner: string; readonly text: string }> {
  const objects = new Map<string, { owner: string; text: string }>();
  let current: { owner: string; text: string } | undefined;
  for (const line of lines) {
    const [, name = "", type = "", schema = "", owner = ""] = HEADER.exec(line) ?? [];
    if (type !== "") {
      const key = `${type} ${schema === "-" ? "" : `${schema}.`}${name}`;
      current = objects.get(key) ?? { owner, text: "" };
      objects.set(key, current);
    } else if (current && !NOISE.test(line)) current.text += `${line}\n`;
  }
  return objects;
}
