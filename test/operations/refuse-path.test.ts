import { describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { hopsTo, refuseUnread } from "../../src/operations/refuse-path.ts";

const said = (work: () => unknown): string => {
  try {
    return JSON.stringify(work()) ?? "undefined";
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return `${error.exit} ${error.code}: ${error.message}\nTry: ${error.hint}`;
  }
};

const TARGET = { release: "v2.45.11", requires: "v2.24.0" };
const THROUGH = { release: "v2.24.9", requires: null };
const hops = (
  from: string,
  to: string,
  available: readonly (typeof TARGET | typeof THROUGH)[],
  viaPath = false,
  rules = [{ versions: ">=9", from: ">=8" }],
) => said(() => hopsTo({ from, to, available, rules }, viaPath));

describe("an update", () => {
  it("of one hop is let through, with --via-path or without", () => {
    expect([hops("v2.24.9", "v2.45.11", [TARGET]), hops("v2.24.9", "v2.45.11", [TARGET], true)]).toEqual([
      '["v2.45.11"]',
      '["v2.45.11"]',
    ]);
  });

  it("over several hops is refused with the path, and let through with --via-path", () => {
    expect(hops("v2.22.2", "v2.45.11", [TARGET, THROUGH])).toMatchInlineSnapshot(`
      "3 REQUIRES_PATH: v2.45.11 takes updates only from v2.24.0 or newer, not from v2.22.2; the path is v2.22.2 -> v2.24.9 -> v2.45.11, and all its bundles are here.
      Try: --via-path   (walks the whole path in one window)"
    `);
    expect(hops("v2.22.2", "v2.45.11", [TARGET, THROUGH], true)).toBe('["v2.24.9","v2.45.11"]');
  });

  it("is refused with the bundles that the path lacks, --via-path or not", () => {
    expect(hops("v2.22.2", "v2.45.11", [TARGET])).toMatchInlineSnapshot(`
      "3 REQUIRES_PATH: v2.45.11 takes updates only from v2.24.0 or newer, not from v2.22.2; the path is v2.22.2 -> v2.24.0 -> v2.45.11, and there is no bundle of v2.24.0 (or a later one before v2.45.11).
      Try: put it into the home's folder \`bundles\`, then --via-path   (\`graph-mgr versions\` shows what lies here)"
    `);
    expect(hops("v2.22.2", "v2.45.11", [TARGET], true)).toBe(hops("v2.22.2", "v2.45.11", [TARGET]));
    expect(hops("v2.24.9", "v2.45.11", [])).toMatchInlineSnapshot(`
      "3 REQUIRES_PATH: There is no bundle of v2.45.11.
      Try: put it into the home's folder \`bundles\`   (\`graph-mgr versions\` shows what lies here)"
    `);
    const rules = [
      { versions: ">=3.0.0-0", from: ">=2.45.0" },
      { versions: ">=2.25.0-0", from: ">=2.24.0" },
    ];
    expect(hops("v2.22.2", "v3.1.0", [{ release: "v3.1.0", requires: null }], true, rules)).toMatchInlineSnapshot(`
      "3 REQUIRES_PATH: v3.1.0 takes updates only from >=2.45.0 and >=2.24.0, not from v2.22.2; the path is v2.22.2 -> v2.24.0 -> v2.45.0 -> v3.1.0, and there is no bundle of v2.24.0 (or a later one before v2.45.0), nor of v2.45.0 (or a later one before v3.1.0).
      Try: put them into the home's folder \`bundles\`, then --via-path   (\`graph-mgr versions\` shows what lies here)"
    `);
  });

  it("is refused when no path can lead there", () => {
    expect(hops("v2.5.0", "v3.0.0", [], true, [{ versions: "3.0.0", from: "<=2.0.0" }])).toMatchInlineSnapshot(`
      "3 REQUIRES_PATH: v3.0.0 takes updates only from <=2.0.0, not from v2.5.0, and no path of releases leads there.
      Try: graph-mgr versions   (what it may be updated to), or ask the vendor for the way"
    `);
  });

  it("F54 to an older or the same release is refused", () => {
    expect(hops("v5.0.0", "v5.0.0-M8", [], true)).toMatchInlineSnapshot(`
      "3 OLDER_RELEASE: v5.0.0-M8 is older than v5.0.0, and data does not go back to an older release.
      Try: graph-mgr rollback   (back to the instance before), or \`graph-mgr install\` for v5.0.0-M8 beside it, without the data"
    `);
    expect(hops("v2.24.9", "v2.24.9", [THROUGH], true)).toMatchInlineSnapshot(`
      "3 SAME_RELEASE: v2.24.9 is installed already, and the bundle is no other cut of it.
      Try: graph-mgr versions   (what it may be updated to), or \`graph-mgr copy\` for a second one"
    `);
  });

  it("with instructions that nobody acknowledged is refused with what they say and the flags to type", () => {
    const instructions = [
      { release: "v2.24.9", text: "# Updating to v2.24.9\n\nPostgres changes from 15 to 17.\nSave first.\n" },
      { release: "v2.45.11", text: `\u001b[31m${"Settings move. ".repeat(20)}` },
    ];
    expect(said(() => refuseUnread(instructions.slice(0, 1), []))).toMatchInlineSnapshot(`
      "3 NOT_ACKNOWLEDGED: There are instructions to be read before the update, and nobody said that they were read.
      v2.24.9:
        # Updating to v2.24.9
        
        Postgres changes from 15 to 17.
        Save first.
      Try: --acknowledge v2.24.9   (when you have read them)"
    `);
    expect(said(() => refuseUnread(instructions, [""]))).toMatchInlineSnapshot(`
      "3 NOT_ACKNOWLEDGED: There are instructions to be read before the update, and nobody said that they were read.
      v2.24.9:
        # Updating to v2.24.9
        
        Postgres changes from 15 to 17.
        Save first.
      v2.45.11:
         [31mSettings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move. Settings move.
      Try: --acknowledge v2.24.9 --acknowledge v2.45.11   (when you have read them)"
    `);
    expect(said(() => refuseUnread(instructions, ["v2.24.9", "v2.45.11"]))).toBe("undefined");
    expect(said(() => refuseUnread([{ release: "revivers", text: "/etc/crontab, line 3: this" }], []))).toBe(
      "3 NOT_ACKNOWLEDGED: Something on this machine could start the old release again, and nobody said that it was dealt with.\nrevivers:\n  /etc/crontab, line 3: this\nTry: --acknowledge revivers   (when it was dealt with)",
    );
    expect(said(() => refuseUnread([{ release: "v3.0.0", text: "# Only a heading" }], []))).toContain(
      "v3.0.0:\n  # Only a heading",
    );
  });
});
