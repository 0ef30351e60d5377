import { expect, it } from "vitest";
import { parseProof } from "../../src/host/postgres-proof-lines.ts";

const schemaOf = (...objects: readonly string[]): string =>
  [
    "--",
    "-- PostgreSQL database dump",
    "--",
    "",
    "\\restrict abc",
    "-- Dumped from database version 15.1",
    "SET statement_timeout = 0;",
    ...objects,
  ]
    .join("\n")
    .replace(/^/gm, "S");

const table = (body: string) =>
  `--\n-- Name: users; Type: TABLE; Schema: public; Owner: app\n--\n\nCREATE TABLE public.users (${body});\n\n`;

it("reads values with their database, and names that need it quoted", () => {
  const printed = [
    '["entry", ["role", "app"], "login"]',
    "progress 1",
    '["in", "my db"]',
    '["entry", ["table", "public", "odd.\\n\\"name\\""], "1 rows, sum 2"]',
    '["entry", ["large objects"], "0 objects, sum 0"]',
    '["sequence", ["sequence", "public", "s"], "5"]',
    "S",
    '["in", "other"]',
    '["entry", ["table", "public", "t"], "0 rows, sum 0"]',
  ].join("\n");
  expect(parseProof(printed, 15)).toEqual({
    schema: 1,
    major: 15,
    entries: {
      '"my db"/large objects': "0 objects, sum 0",
      '"my db"/table/public."odd.\\n\\"name\\""': "1 rows, sum 2",
      "other/table/public.t": "0 rows, sum 0",
      "role/app": "login",
    },
    sequences: { '"my db"/sequence/public.s': "5" },
    definitions: {},
  });
});

it("takes a schema apart by its objects, so that the one that differs has a name", () => {
  const view = "--\n-- Name: v; Type: VIEW; Schema: public; Owner: -\n--\n\nCREATE VIEW public.v AS SELECT 1;\n";
  const read = (text: string) => parseProof(`["in", "app"]\n${text}`, 15);
  const [one, two] = [read(schemaOf(table("a int"), view)), read(schemaOf(table("a bigint"), view))];
  expect(one.entries).toEqual({ "app/object/TABLE public.users": "owner app", "app/object/VIEW public.v": "owner -" });
  expect(two.definitions?.["app/object/VIEW public.v"]).toBe(one.definitions?.["app/object/VIEW public.v"]);
  expect(two.definitions?.["app/object/TABLE public.users"]).not.toBe(one.definitions?.["app/object/TABLE public.users"]);
});

it("how a dump was made makes no difference", () => {
  const read = (text: string) => parseProof(`["in", "app"]\n${text}`, 15).definitions;
  const other = schemaOf(
    `${table("a int")}\nSET default_tablespace = '';\n\\unrestrict xyz\n--\n-- PostgreSQL database dump complete\n--\n`,
  );
  expect(read(other.replace("15.1", "15.2").replace("abc", "xyz"))).toEqual(read(schemaOf(table("a int"))));
});
