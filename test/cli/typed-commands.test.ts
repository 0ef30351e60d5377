import { expect, it } from "vitest";
import { hintNamingHome, namingHome } from "../../src/cli/typed-commands.ts";

it.each([
  ["graph-mgr list", "graph-mgr list --home /srv/b"],
  ["graph-mgr restart v2.22.2   (app then gets it)", "graph-mgr restart --home /srv/b v2.22.2   (app then gets it)"],
  ["graph-mgr config revert v2.22.2 1", "graph-mgr config revert --home /srv/b v2.22.2 1"],
  [
    "make room, then `graph-mgr resume` or `graph-mgr undo`",
    "make room, then `graph-mgr resume --home /srv/b` or `graph-mgr undo --home /srv/b`",
  ],
  ["graph-mgr adopt /opt/p --home '/srv/a b' --dry-run", "graph-mgr adopt /opt/p --home '/srv/a b' --dry-run"],
  ["use the graph-mgr that wrote it, or a newer one", "use the graph-mgr that wrote it, or a newer one"],
  ["See graph-mgr resume, graph-mgr undo.", "See graph-mgr resume --home /srv/b, graph-mgr undo --home /srv/b."],
  ["less graph-mgr list.txt", "less graph-mgr list.txt"],
  ["ls /usr/lib/graph-mgr list", "ls /usr/lib/graph-mgr list"],
])("of a hint every command names its home: %s", (hint, expected) => {
  expect(hintNamingHome(hint, "/srv/b")).toBe(expected);
});

it("of a text only the lines that say what to type, and what is odd is quoted", () => {
  const text =
    "This takes it back:\n  graph-mgr undo\nShown by: graph-mgr adopt --scan\n`graph-mgr update` is at work here.\nTry: graph-mgr list\n  * graph-mgr keeps it";
  expect(namingHome(text, "/srv/a b")).toBe(
    "This takes it back:\n  graph-mgr undo --home '/srv/a b'\nShown by: graph-mgr adopt --home '/srv/a b' --scan\n`graph-mgr update` is at work here.\nTry: graph-mgr list --home '/srv/a b'\n  * graph-mgr keeps it",
  );
});
