import { describe, expect, it } from "vitest";
import { mergeConfiguration } from "../../src/domain/merge.ts";
import type { Resolutions } from "../../src/domain/merge-result.ts";
import { unifiedDiff } from "../../src/domain/merge-text.ts";
import { edited, legacy, merge, modern, says, withOwnEdits } from "./merge-samples.ts";

const diff = (from: string | undefined, to: string | undefined): string => unifiedDiff(from ?? "", to ?? "").join("\n");

describe("an update within the old layout", () => {
  const own = withOwnEdits(legacy("v2.22.2"), "v2_22_2");
  const mine = edited(
    edited(
      own,
      ".env",
      ["JWT_EXPIRATION_DELTA=3600", "JWT_EXPIRATION_DELTA=999"],
      ["POSTGRES_PASSWORD=password", "POSTGRES_PASSWORD='s3cr$t pw'"],
      ["DJANGO_SECRET_KEY=abc123xyz", "DJANGO_SECRET_KEY=generated0"],
      ["#SPLUNK_HOST=splunk.example.com", "# ours, ask Kim\nSPLUNK_HOST=splunk.corp"],
    ),
    "Caddyfile",
    [":80 {\n", ":80 {\n  encode gzip\n"],
  );
  const input = merge("v2.22.2", "v2.23.0", { own, mine });

  it("keeps edits, takes changed defaults and new keys, and what graph-mgr set is no edit", () => {
    const merged = mergeConfiguration(input);
    expect(merged.conflicts).toEqual([]);
    expect(says(merged)).toMatchInlineSnapshot(`
      ".env | carried | POSTGRES_PASSWORD is carried as it is, because data may depend on it.
      .env | carried | DJANGO_SECRET_KEY is carried as it is, because data may depend on it.
      .env | kept-over-default | JWT_EXPIRATION_DELTA stays 999, as you set it; the vendor's default changed from 3600 to 7200.
      .env | new | GRAPH_PLAY_TIMEOUTMS is new: 60000.
      .env | added | SPLUNK_HOST (splunk.corp) is yours and is carried.
      Caddyfile | merged | Caddyfile has your changes and the vendor's."
    `);
    expect(diff(input.theirs[".env"], merged.texts[".env"])).toMatchInlineSnapshot(`
      "@@ -8,12 +8,12 @@
       POSTGRES_PORT=5432
       POSTGRES_DB=graphistry
       POSTGRES_USER=graphistry
      -POSTGRES_PASSWORD=password
      +POSTGRES_PASSWORD='s3cr$t pw'
       
       # Secrets: API keys are derived from these, keep them across installs
      -DJANGO_SECRET_KEY=abc123xyz
      +DJANGO_SECRET_KEY=generated0
       STREAMGL_SECRET_KEY=abc123xyz
      -JWT_EXPIRATION_DELTA=7200
      +JWT_EXPIRATION_DELTA=999
       
       # Connectors
       #SPLUNK_HOST=splunk.example.com
      @@ -21,3 +21,5 @@
       PIVOT_CONFIG_FILES=/opt/graphistry/apps/core/pivot/data/config/config.json
       # new in v2.23.0
       GRAPH_PLAY_TIMEOUTMS=60000
      +# ours, ask Kim
      +SPLUNK_HOST=splunk.corp"
    `);
    expect(diff(input.theirs["Caddyfile"], merged.texts["Caddyfile"])).toMatchInlineSnapshot(`
      "@@ -1,4 +1,5 @@
       :80 {
      +  encode gzip
         respond /caddy/health/ 200 {
           body "{\\"success\\": true}"
           close"
    `);
    expect(Object.keys(merged.texts)).toEqual([".env", "Caddyfile"]);
    expect(merged.settled).toMatchInlineSnapshot(`
      [
        "POSTGRES_DB",
        "POSTGRES_USER",
        "POSTGRES_PASSWORD",
        "DJANGO_SECRET_KEY",
        "STREAMGL_SECRET_KEY",
        "JWT_EXPIRATION_DELTA",
        "SPLUNK_HOST",
      ]
    `);
  });

  it("F72 no secret is in anything that is shown", () => {
    const { decisions, conflicts } = mergeConfiguration(input);
    expect(JSON.stringify([decisions, conflicts])).not.toMatch(/s3cr|generated0|abc123xyz/);
  });

  it("is the vendor's new configuration when nobody edited anything", () => {
    const merged = mergeConfiguration(merge("v2.22.2", "v2.23.0", { own, mine: own }));
    expect(merged.texts).toEqual({});
    expect(merged.conflicts).toEqual([]);
  });

  it("asks what to do with a removed key whose default changed, and does as told", () => {
    const without = {
      ...merge("v2.22.2", "v2.23.0"),
      mine: edited(legacy("v2.22.2"), ".env", ["JWT_EXPIRATION_DELTA=3600\n", ""]),
    };
    expect(mergeConfiguration(without).conflicts).toMatchInlineSnapshot(`
      [
        {
          "diff": [],
          "file": ".env",
          "kind": "key",
          "mine": null,
          "name": ".env:JWT_EXPIRATION_DELTA",
          "say": "You removed JWT_EXPIRATION_DELTA, and the vendor's default changed from 3600 to 7200.",
          "theirs": "7200",
        },
      ]
    `);
    const kept = mergeConfiguration({ ...without, resolve: { ".env:JWT_EXPIRATION_DELTA": "mine" } });
    expect([kept.conflicts, kept.texts[".env"]?.includes("JWT")]).toEqual([[], false]);
    const taken = mergeConfiguration({ ...without, resolve: { ".env:JWT_EXPIRATION_DELTA": "theirs" } });
    expect([taken.conflicts, taken.texts[".env"]]).toEqual([[], undefined]);
    const given = mergeConfiguration({ ...without, resolve: { ".env:JWT_EXPIRATION_DELTA": { text: "12" } } });
    expect(given.texts[".env"]).toContain("JWT_EXPIRATION_DELTA=12\n");
  });

  it("refuses an answer that nothing asked for", () => {
    expect(() => mergeConfiguration({ ...input, resolve: { Cadyfile: "mine" } })).toThrow(
      expect.objectContaining({ code: "RESOLVE_UNKNOWN", exit: 2, message: expect.stringContaining("Cadyfile") }),
    );
  });

  it("a text that both changed in one place is a question with three answers", () => {
    const both = { ...input, mine: edited(mine, "Caddyfile", ["reverse_proxy nginx:80", "reverse_proxy nginx:80 other:81"]) };
    const [conflict, ...others] = mergeConfiguration(both).conflicts;
    expect(others).toEqual([]);
    expect([conflict?.name, conflict?.say]).toMatchInlineSnapshot(`
      [
        "Caddyfile",
        "You and the vendor changed one place of it, each in another way.",
      ]
    `);
    expect(conflict?.diff.join("\n")).toMatchInlineSnapshot(`
      "@@ -1,7 +1,8 @@
       :80 {
      +  encode gzip
         respond /caddy/health/ 200 {
           body "{\\"success\\": true}"
           close
         }
      -  reverse_proxy nginx:80
      +  reverse_proxy nginx:80 other:81
       }"
    `);
    const by = (answer: "mine" | "theirs" | { text: string }) => mergeConfiguration({ ...both, resolve: { Caddyfile: answer } });
    expect(by("mine").texts["Caddyfile"]).toBe(both.mine["Caddyfile"]);
    expect(by("theirs").texts["Caddyfile"]).toBeUndefined();
    expect(by({ text: ":80\n" }).texts["Caddyfile"]).toBe(":80\n");
    expect([by("mine"), by("theirs"), by({ text: "x" })].flatMap(({ conflicts }) => conflicts)).toEqual([]);
  });

  it("carries a compose edit with the rest, or asks with the edit's diff", () => {
    const carried = mergeConfiguration({
      ...input,
      mine: edited(mine, "docker-compose.yml", ["depends_on: [ postgres ]\n", "depends_on: [ postgres ]\n    cpus: 2\n"]),
    });
    expect(diff(input.theirs["docker-compose.yml"], carried.texts["docker-compose.yml"])).toMatchInlineSnapshot(`
      "@@ -30,6 +30,7 @@
           <<: *production_opts
           image: graphistry/graphistry-nexus:\${APP_BUILD_TAG}
           depends_on: [ postgres ]
      +    cpus: 2
           volumes:
             - ./data:/opt/graphistry/data
       "
    `);
    const refused = mergeConfiguration({ ...input, mine: edited(mine, "docker-compose.yml", ['"8080:80"', '"8081:80"']) });
    expect(refused.conflicts.map(({ name, kind, say, diff }) => ({ name, kind, say, diff }))).toMatchInlineSnapshot(`
      [
        {
          "diff": [
            "@@ -21,7 +21,7 @@",
            "     <<: *production_opts",
            "     image: graphistry/caddy:\${APP_BUILD_TAG}",
            "     ports:",
            "-      - "8080:80"",
            "+      - "8081:80"",
            "       - "443:443"",
            "     volumes:",
            "       - ./Caddyfile:/etc/caddy/Caddyfile",
          ],
          "kind": "compose",
          "name": "docker-compose.yml",
          "say": "Your changes of docker-compose.yml cannot be carried to the new release: they touch lines that graph-mgr set.",
        },
      ]
    `);
  });

  it("carries files of the administrator's own and says when one comes back", () => {
    const merged = mergeConfiguration({
      ...input,
      mine: { ".env": legacy("v2.22.2")[".env"] ?? "", "docker-compose.override.yml": "services: { nexus: { cpus: 2 } }\n" },
      compose: ["docker-compose.yml", "docker-compose.override.yml"],
    });
    expect(merged.texts["docker-compose.override.yml"]).toBe("services: { nexus: { cpus: 2 } }\n");
    expect(says({ decisions: merged.decisions.filter(({ key }) => key === null) })).toMatchInlineSnapshot(`
      "docker-compose.override.yml | added | docker-compose.override.yml is yours and is carried.
      Caddyfile | vendor | Caddyfile comes with the new release, though you removed it."
    `);
  });
});

describe("a compose file of the administrator's own", () => {
  const pinned = `services: { extra: { image: "sha256:${"a".repeat(64)}" } }\n`;
  const path = "docker-compose.override.yml";
  const input = (resolve: Resolutions) =>
    merge("v2.22.2", "v2.23.0", {
      mine: { ...legacy("v2.22.2"), [path]: pinned },
      compose: ["docker-compose.yml", path],
      resolve,
    });

  it("is asked about when it pins images of the release that is left", () => {
    expect(mergeConfiguration(input({})).conflicts).toMatchObject([{ name: path, kind: "compose", theirs: null }]);
    expect(mergeConfiguration(input({ [path]: "mine" })).texts[path]).toBe(pinned);
  });

  it("is left out on request", () => {
    const { texts, decisions } = mergeConfiguration(input({ [path]: "theirs" }));
    expect(texts[path]).toBeUndefined();
    expect(decisions.find(({ file }) => file === path)?.say).toBe(`${path} is left out, as you decided.`);
  });
});

describe("files beside the configuration", () => {
  it("are the vendor's, unless they were edited, and what lies in a tree is none of the merge's", () => {
    const base = {
      ...legacy("v2.22.2"),
      "README.md": "# v2.22.2\n\nRead me.\n\n",
      ".pivot-db/config.json": "{ }\n",
      "data/a.env": "A=1\n",
    };
    const theirs = { ...legacy("v2.23.0"), "README.md": "# v2.23.0\n\nRead me.\n\n" };
    const input = merge("v2.22.2", "v2.23.0", {
      base,
      mine: { ...base, ".pivot-db/config.json": "{ 1 }\n", "data/a.env": "A=2\n" },
      theirs,
    });
    const untouched = mergeConfiguration(input);
    expect([untouched.texts, untouched.conflicts]).toEqual([{}, []]);
    expect(says({ decisions: untouched.decisions.filter(({ key }) => key === null) })).toBe(
      "Caddyfile | default | Caddyfile is the vendor's new one; you had not changed it.",
    );
    const edits = mergeConfiguration({ ...input, mine: { ...base, "README.md": "# v2.22.2\n\nRead me.\n\nAsk Kim.\n" } });
    expect(edits.texts).toEqual({ "README.md": "# v2.23.0\n\nRead me.\n\nAsk Kim.\n" });
  });
});

describe("a text that cannot be merged", () => {
  const mine = edited(
    edited(legacy("v2.22.2"), "Caddyfile", [
      "reverse_proxy nginx:80\n",
      "basicauth { ada sEcr3t-pw }\n  reverse_proxy nginx:8080\n",
    ]),
    ".env",
    ["DJANGO_SECRET_KEY=abc123xyz", "DJANGO_SECRET_KEY=sEcr3t-pw"],
  );

  it("F72 is shown without its secrets, and edited with them", () => {
    const { conflicts, drafts } = mergeConfiguration(merge("v2.22.2", "v2.23.0", { mine }));
    expect(conflicts.map(({ name }) => name)).toEqual(["Caddyfile"]);
    expect(JSON.stringify(conflicts)).not.toContain("sEcr3t-pw");
    expect(drafts["Caddyfile"]).toMatchInlineSnapshot(`
      ":80 {
        respond /caddy/health/ 200 {
          body "{\\"success\\": true}"
          close
        }
      <<<<<<< yours
        basicauth { ada sEcr3t-pw }
        reverse_proxy nginx:8080
      =======
        reverse_proxy nginx:80 {
          header_up X-Release v2.23.0
        }
      >>>>>>> the vendor's
      }
      "
    `);
    expect(Object.keys(drafts)).toEqual(["Caddyfile"]);
  });

  it("has nothing to be edited once it was decided", () => {
    const { conflicts, drafts } = mergeConfiguration({
      ...merge("v2.22.2", "v2.23.0", { mine }),
      resolve: { Caddyfile: "mine" },
    });
    expect([conflicts, drafts]).toEqual([[], {}]);
  });

  it("begins, of a compose file, with the vendor's new one and the administrator's lines", () => {
    const own = withOwnEdits(legacy("v2.22.2"), "v2_22_2");
    const moved = edited(own, "docker-compose.yml", ["# Shared by every service.\n", "# Ours.\n"]);
    const theirs = edited(legacy("v2.23.0"), "docker-compose.yml", ["# Shared by every service.\n", "# Theirs.\n"]);
    const { conflicts, drafts } = mergeConfiguration(merge("v2.22.2", "v2.23.0", { own, mine: moved, theirs }));
    expect(conflicts.map(({ name, kind }) => [name, kind])).toEqual([["docker-compose.yml", "compose"]]);
    expect(drafts["docker-compose.yml"]).toBe(theirs["docker-compose.yml"]?.replace("# Theirs.", "# Ours."));
  });
});

describe("an update from the old layout to the new", () => {
  const base = legacy("v2.24.9");
  const mine = edited(
    edited(
      base,
      ".env",
      ["POSTGRES_PASSWORD=password", 'POSTGRES_PASSWORD="pg-Secret"'],
      ["STREAMGL_SECRET_KEY=abc123xyz", "STREAMGL_SECRET_KEY=stream-Secret"],
      ["JWT_EXPIRATION_DELTA=7200", "JWT_EXPIRATION_DELTA=999"],
      ["GRAPHISTRY_LOG_LEVEL=INFO\n", ""],
      ["#SPLUNK_HOST=splunk.example.com", "# ours\nSPLUNK_HOST=splunk.corp # Kim"],
    ),
    "Caddyfile",
    [":80 {\n", ":80 {\n  tls /etc/ssl/graphistry/a.crt /root/.caddy/a.key\n"],
  );
  const input = merge("v2.24.9", "v2.45.11", { mine });

  it("edits become lines of the file for settings, and the Caddyfile moves with its certificates", () => {
    const merged = mergeConfiguration(input);
    expect(merged.conflicts).toEqual([]);
    expect(says(merged)).toMatchInlineSnapshot(`
      ".env | left-out | GRAPHISTRY_LOG_LEVEL stays out, as you removed it.
      data/config/custom.env | carried | POSTGRES_PASSWORD is carried as it is, because data may depend on it.
      data/config/custom.env | kept | JWT_EXPIRATION_DELTA stays 999, as you set it.
      .env | new | UPLOAD_MAX_SIZE is new: 1G.
      data/config/cluster.env | new | ENABLE_CLUSTER_MODE is new: false.
      data/config/cluster.env | new | NODE_TYPE is new: leader.
      data/config/custom.env | carried | STREAMGL_SECRET_KEY is carried as it is, because data may depend on it; the new release no longer has this key.
      data/config/custom.env | added | SPLUNK_HOST (splunk.corp) is yours and is carried.
      .env | dropped | GRAPH_PLAY_TIMEOUTMS goes, because the new release no longer has it.
      data/config/custom.env | followed | DATABASE_URL follows the values that it repeats.
      data/config/Caddyfile | merged | Caddyfile goes to data/config/Caddyfile and has your changes and the vendor's."
    `);
    expect(merged.texts["data/config/custom.env"]).toMatchInlineSnapshot(`
      "POSTGRES_PASSWORD="pg-Secret"
      STREAMGL_SECRET_KEY=stream-Secret
      JWT_EXPIRATION_DELTA=999
      # ours
      SPLUNK_HOST=splunk.corp # Kim
      DATABASE_URL=postgres://graphistry:pg-Secret@postgres:5432/graphistry
      "
    `);
    expect(diff(input.theirs[".env"], merged.texts[".env"])).toMatchInlineSnapshot(`
      "@@ -1,7 +1,6 @@
       # Graphistry internals for v2.45.11 - do not edit, put overrides in data/config/custom.env
       APP_BUILD_TAG=v2.45.11
       CUDA_SHORT_VERSION=12.8
      -GRAPHISTRY_LOG_LEVEL=INFO
       LOG_LEVEL=INFO
       POSTGRES_HOST=postgres
       POSTGRES_PORT=5432"
    `);
    expect(diff(input.theirs["data/config/Caddyfile"], merged.texts["data/config/Caddyfile"])).toMatchInlineSnapshot(`
      "@@ -1,4 +1,5 @@
       :80 {
      +  tls /data/ssl/a.crt /data/a.key
         respond /caddy/health/ 200 {
           body "{\\"success\\": true}"
           close"
    `);
    expect(Object.keys(merged.texts).sort()).toEqual([".env", "data/config/Caddyfile", "data/config/custom.env"]);
  });

  it("a carried key that a later file overrules is a conflict, unless it is equal", () => {
    const elsewhere = { ...input, mine: edited(mine, ".env", ["POSTGRES_HOST=postgres", "POSTGRES_HOST=db.corp"]) };
    expect(mergeConfiguration(elsewhere).conflicts).toMatchInlineSnapshot(`
      [
        {
          "diff": [],
          "file": "data/config/cluster.env",
          "kind": "key",
          "mine": "db.corp",
          "name": ".env:POSTGRES_HOST",
          "say": "POSTGRES_HOST would be overruled by data/config/cluster.env of the new release, which counts more than data/config/custom.env.",
          "theirs": "postgres",
        },
      ]
    `);
    const by = (answer: "mine" | "theirs") => mergeConfiguration({ ...elsewhere, resolve: { ".env:POSTGRES_HOST": answer } });
    expect(by("mine").conflicts).toEqual([]);
    expect(by("mine").texts["data/config/cluster.env"]).toContain("\nPOSTGRES_HOST=db.corp\n");
    expect(by("mine").texts["data/config/custom.env"]).toContain(
      "DATABASE_URL=postgres://graphistry:pg-Secret@db.corp:5432/graphistry\n",
    );
    expect(by("theirs").conflicts).toEqual([]);
    expect(by("theirs").texts["data/config/custom.env"]).not.toContain("POSTGRES_HOST");
    expect(by("theirs").settled).not.toContain("POSTGRES_HOST");
  });

  it("refuses a layout that nobody described a way to", () => {
    expect(() => mergeConfiguration({ ...input, from: input.to, to: input.from })).toThrow(
      expect.objectContaining({ code: "NO_LAYOUT_MOVE", exit: 3 }),
    );
  });

  it("compose edits that the new file has no place for are refused", () => {
    const { conflicts } = mergeConfiguration({
      ...input,
      mine: edited(mine, "docker-compose.yml", ["restart: unless-stopped", "restart: always"]),
    });
    expect(conflicts.map(({ name, kind }) => ({ name, kind }))).toEqual([{ name: "docker-compose.yml", kind: "compose" }]);
  });
});

describe("an update within the new layout", () => {
  const base = modern("v2.45.11");
  const theirs = edited(
    modern("v2.46.0"),
    ".env",
    ["JWT_EXPIRATION_DELTA=7200", "JWT_EXPIRATION_DELTA=9000"],
    ["@postgres:5432", "@postgres:6432"],
  );
  const custom = `# our file
JWT_EXPIRATION_DELTA=999

POSTGRES_PASSWORD=generated1
DATABASE_URL=postgres://graphistry:generated1@postgres:5432/graphistry
COMPOSE_PROJECT_NAME=sneaky
APP_BUILD_TAG=v2.45.11
CADDY_HTTP_PORT=8080 # graph-mgr's
LOG_LEVEL=DEBUG # for a week
`;
  const mine = { ...base, "data/config/custom.env": custom };
  const input = merge("v2.45.11", "v2.46.0", { mine, theirs, own: { "data/config/custom.env": "CADDY_HTTP_PORT=8080\n" } });

  it("keeps the administrator's file as he wrote it, without what belongs to the release", () => {
    const merged = mergeConfiguration(input);
    expect(merged.conflicts).toEqual([]);
    expect(diff(custom, merged.texts["data/config/custom.env"])).toMatchInlineSnapshot(`
      "@@ -2,8 +2,5 @@
       JWT_EXPIRATION_DELTA=999
       
       POSTGRES_PASSWORD=generated1
      -DATABASE_URL=postgres://graphistry:generated1@postgres:5432/graphistry
      -COMPOSE_PROJECT_NAME=sneaky
      -APP_BUILD_TAG=v2.45.11
      -CADDY_HTTP_PORT=8080 # graph-mgr's
       LOG_LEVEL=DEBUG # for a week
      +DATABASE_URL=postgres://graphistry:generated1@postgres:6432/graphistry"
    `);
    expect(says(merged)).toMatchInlineSnapshot(`
      "data/config/custom.env | kept-over-default | JWT_EXPIRATION_DELTA stays 999, as you set it; the vendor's default changed from 7200 to 9000.
      data/config/custom.env | carried | POSTGRES_PASSWORD is carried as it is, because data may depend on it.
      data/config/custom.env | vendor | COMPOSE_PROJECT_NAME is not carried: it belongs to the release, and the new one does not set it.
      data/config/custom.env | vendor | APP_BUILD_TAG is not carried: it belongs to the release.
      data/config/custom.env | kept | LOG_LEVEL stays DEBUG, as you set it.
      data/config/custom.env | followed | DATABASE_URL follows the values that it repeats.
      data/config/Caddyfile | default | data/config/Caddyfile is the vendor's new one; you had not changed it.
      data/config/Caddyfile.default | default | data/config/Caddyfile.default is the vendor's new one; you had not changed it."
    `);
    expect(Object.keys(merged.texts)).toEqual(["data/config/custom.env"]);
  });

  it("a later file of the new release that sets a secret anew is a conflict", () => {
    const { conflicts } = mergeConfiguration({
      ...input,
      theirs: edited(theirs, "data/config/cluster.env", ["NODE_TYPE=leader", "NODE_TYPE=leader\nPOSTGRES_PASSWORD=password"]),
    });
    expect(conflicts.map(({ name, file, say, mine, theirs }) => ({ name, file, say, mine, theirs }))).toMatchInlineSnapshot(`
      [
        {
          "file": "data/config/cluster.env",
          "mine": "***",
          "name": "data/config/custom.env:POSTGRES_PASSWORD",
          "say": "POSTGRES_PASSWORD would be overruled by data/config/cluster.env of the new release, which counts more than data/config/custom.env.",
          "theirs": "***",
        },
      ]
    `);
  });

  it("what is resolved to the vendor's is held to nothing, whatever an earlier file says", () => {
    const resolved = mergeConfiguration({ ...input, resolve: { "data/config/custom.env:POSTGRES_PASSWORD": "theirs" } });
    expect(resolved.conflicts).toEqual([]);
    expect(resolved.settled).toContain("POSTGRES_USER");
    expect(resolved.settled).not.toContain("POSTGRES_PASSWORD");
    expect(resolved.texts["data/config/custom.env"]).not.toContain("POSTGRES_PASSWORD");
  });
});
