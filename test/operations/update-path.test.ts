import { beforeEach, describe, expect, it } from "vitest";
import { planText } from "../../src/cli/plan-text.ts";
import type { BundleContents } from "../../src/domain/bundle.ts";
import { OperatorError } from "../../src/errors.ts";
import type { Hop } from "../../src/operations/hop.ts";
import { planPrepare, planUnprepare } from "../../src/operations/prepare.ts";
import { type Hops, planUpdate, type UpdateRequest } from "../../src/operations/update.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { type SurveyedUpdate, surveyUpdate } from "../../src/survey/update.ts";
import { templates } from "../simulator/maintenance.ts";
import { described } from "../simulator/sample.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

const NAME = "v2.22.2";
const PATH = ["v2.23.0", "v2.24.9"] as const;
const REQUEST: UpdateRequest = {
  method: "dump",
  reasons: [],
  shareBinds: [],
  acknowledged: [],
  healthTimeoutSeconds: null,
  backup: false,
};
const OCCASION = { now: new Date("2026-01-02T03:04:05Z"), random: "abcd" };

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use("v2_22_2", `${HOME}/releases/${NAME}`);
});

type Change = (contents: BundleContents, release: string) => BundleContents;
const withTexts =
  (texts: (release: string) => Readonly<Record<string, string>>): Change =>
  (contents, release) => ({ ...contents, texts: { ...contents.texts, ...texts(release) } });

/** Both hops, as the command looks at them. */
async function look(change: Change = contents => contents): Promise<readonly [SurveyedUpdate, SurveyedUpdate]> {
  const { record } = await stage.facts(NAME);
  const hop = async (release: string, after?: SurveyedUpdate) => {
    const contents = change(await stage.world.bundles.read(`/bundles/${release}.tar.gz`, () => {}), release);
    const ask = { home: HOME, source: record, contents, release: undefined, resolve: {}, templates };
    return await surveyUpdate(stage.world, { ...ask, ...(after === undefined ? {} : { after }) }, described);
  };
  const first = await hop(PATH[0]);
  return [first, await hop(PATH[1], first)];
}
const hopsOf = ([first, last]: readonly [SurveyedUpdate, SurveyedUpdate], over: Partial<UpdateRequest> = {}): Hops => [
  { facts: first.facts, request: { ...REQUEST, method: "copy", ...over } },
  { facts: last.facts, request: { ...REQUEST, ...over } },
];
const kindsOf = ({ steps }: Plan) => steps.map(({ kind }) => kind);
const said = (work: () => unknown): string => {
  try {
    return JSON.stringify(work());
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return `${error.code}: ${error.message}\nTry: ${error.hint}`;
  }
};

describe("a path of releases", () => {
  it("is walked in one window, each hop from the one before, and only the last lets visitors in", async () => {
    expect(planText(planUpdate(hopsOf(await look()), OCCASION), null)).toMatchInlineSnapshot(`
      "Update v2.22.2 to v2.24.9 from /bundles/v2.24.9.tar.gz
          1. Unpack /bundles/v2.23.0.tar.gz
          2. Keep the vendor's own files of v2.23.0
          3. Load 4 images: valkey:8, graphistry/nexus:v2.23.0, graphistry/nexus-job:v2.23.0, graphistry/postgres:v2.23.0
          4. Merge the configuration (.env) for v2.23.0
          5. Keep the merged configuration, to compare with
          6. Keep 5 images for v2_23_0 by id
          7. Give the instance its own names (v2_23_0_...), caddy:80 on port 80
          8. Check that Compose sees only the intended changes in v2_23_0
          9. Clear away what is needed no more
         10. Put the release at /srv/graphistry/releases/v2.23.0
         11. Create the volume v2_23_0_postgres_backups
         12. Create the volume v2_23_0_postgres_data
         13. Record v2.23.0 in the home
         14. Unpack /bundles/v2.24.9.tar.gz
         15. Keep the vendor's own files of v2.24.9
         16. Load 4 images: valkey:8, graphistry/nexus:v2.24.9, graphistry/nexus-job:v2.24.9, graphistry/postgres:v2.24.9
         17. Merge the configuration (.env) for v2.24.9
         18. Keep the merged configuration, to compare with
         19. Keep 5 images for v2_24_9 by id
         20. Give the instance its own names (v2_24_9_...), caddy:80 on port 80
         21. Check that Compose sees only the intended changes in v2_24_9
         22. Clear away what is needed no more
         23. Put the release at /srv/graphistry/releases/v2.24.9
         24. Create the volume v2_24_9_postgres_backups
         25. Create the volume v2_24_9_postgres_data
         26. Record v2.24.9 in the home
         27. Stop v2.22.2, and see that nothing wakes it
         28. Put up the maintenance page on port 80
         29. Carry /srv/graphistry/releases/v2.22.2/data
         30. Copy the volume v2_22_2_postgres_backups to v2_23_0_postgres_backups
         31. Copy the volume v2_22_2_postgres_data to v2_23_0_postgres_data
         32. Start cache, job, nexus, postgres of v2.23.0
         33. Wait until v2.23.0 is healthy
         34. Stop v2.23.0 but for postgres
         35. See that nobody else is on the database of v2.23.0
         36. Dump the database of v2.23.0
         37. Stop v2.23.0, and see that nothing wakes it
         38. Carry /srv/graphistry/releases/v2.23.0/.caddy
         39. Carry /srv/graphistry/releases/v2.23.0/.pivot-db
         40. Carry /srv/graphistry/releases/v2.23.0/data
         41. Carry /srv/graphistry/releases/v2.23.0/etc/ssl
         42. Copy the volume v2_23_0_postgres_backups to v2_24_9_postgres_backups
         43. Start postgres of v2.24.9
         44. Wait until postgres of v2.24.9 is healthy
         45. Restore it into v2.24.9, and prove that nothing is missing
         46. Start cache, job, nexus, postgres of v2.24.9
         47. Wait until v2.24.9 is healthy
         48. Note what is there before visitors come in
         49. Take down the maintenance page
         50. Let visitors in to v2.24.9
         51. See v2.24.9 answer on port 80
       ! 52. v2.24.9 serves: from here on the way back is \`graph-mgr rollback\`
         53. Wait until v2.24.9 is healthy
         54. Point current at releases/v2.24.9
         55. Remove the stopped containers and networks of v2.23.0
       ! 56. Forget v2.23.0
       ! 57. Delete the volume v2_23_0_postgres_backups
       ! 58. Delete the volume v2_23_0_postgres_data
       ! 59. Delete the folder /srv/graphistry/releases/v2.23.0
         60. Clear away what is needed no more
       ! 61. Remove v2_23_0's names of its images, and 4 images that no instance uses
         62. Remove the dump
         63. Clear away what is needed no more
         64. Clear away what is needed no more
        ! cannot be undone from step 52 on
        * it goes through v2.23.0 in one window: nobody from outside reaches what is between, and it is removed when v2.24.9 serves
        * v2.23.0: .env: POSTGRES_PASSWORD, DJANGO_SECRET_KEY are carried as they are, because data may depend on them.
        * v2.24.9: .env: POSTGRES_PASSWORD, DJANGO_SECRET_KEY are carried as they are, because data may depend on them.
        * The Caddyfile of v2.22.2 could not be understood, so its maintenance page is on http only.
        * cache keeps /data in a volume without a name, which does not come along
        * v2.22.2 stays as it is, with its folder and volumes, until it is removed
        * about 45 s until visitors are back, by what such machines usually take: the dump 2 s, restoring and proving it 6 s, copying and proving files 4 s, stopping and starting 31 s; 247 B of databases and 1.0 kB of files move"
    `);
  });

  it("gives what is between no way in, and takes the page down once, at the end", async () => {
    const plan = planUpdate(hopsOf(await look()), OCCASION);
    const fronts = plan.steps.filter(({ kind }) => kind === "front.open");
    expect(fronts).toMatchObject([{ input: { instance: "v2.24.9" } }]);
    const launched = plan.steps.filter(({ kind }) => kind === "instance.launch").map(({ input }) => input);
    expect(launched.filter(input => JSON.stringify(input).includes("caddy"))).toEqual([]);
    const kinds = kindsOf(plan);
    expect(kinds.filter(kind => kind.startsWith("maintenance."))).toEqual(["maintenance.up", "maintenance.down"]);
    expect(kinds.indexOf("maintenance.down")).toBeGreaterThan(kinds.lastIndexOf("database.restore"));
  });

  it("writes every hop's proofs and merged files under names of their own", async () => {
    const plan = planUpdate(hopsOf(await look()), OCCASION);
    const written = plan.steps.flatMap(({ kind, input }) => {
      const { proof, aside, answers, release, to } = input as Record<string, string | undefined>;
      return kind === "configuration.merge"
        ? [`${answers} ${release}`]
        : [proof, aside, kind === "database.dump" ? to : undefined];
    });
    const paths = written.filter(path => path !== undefined);
    expect(new Set(paths).size).toBe(paths.length);
    // The baseline lies where `rollback` looks for it, and the last release knows which one to go back to.
    expect(plan.steps.find(({ kind }) => kind === "data.baseline")?.input).toMatchObject({
      to: `${HOME}/.graph-mgr/operations/${plan.id}/baseline.json`,
    });
    const records = plan.steps.filter(({ kind }) => kind === "instance.record").map(({ input }) => input);
    expect(records).toMatchObject([{ record: { origin: { from: NAME } } }, { record: { origin: { from: NAME } } }]);
  });

  it("takes away what is between only when visitors were let in, and only volumes that it made", async () => {
    const plan = planUpdate(hopsOf(await look()), OCCASION);
    const kinds = kindsOf(plan);
    expect(kinds.indexOf("containers.remove")).toBeGreaterThan(kinds.indexOf("update.commit"));
    const removed = plan.steps.filter(({ kind }) => kind === "volume.remove").map(({ input }) => input);
    expect(removed).toEqual([
      { name: "v2_23_0_postgres_backups", isOwn: true },
      { name: "v2_23_0_postgres_data", isOwn: true },
    ]);
  });

  it("keeps the vendor's files of what is between where somebody else has them, and its images", async () => {
    await stage.install("v2.23.0");
    const [first, last] = await look();
    expect(first.facts.instance.name).toBe("v2.23.0-2");
    const plan = planUpdate(hopsOf([first, last]), OCCASION);
    const dropped = plan.steps.filter(({ kind }) => kind === "scratch.drop").map(({ input }) => JSON.stringify(input));
    expect(dropped.filter(input => input.includes("/pristine/"))).toEqual([]);
    const images = plan.steps.find(({ kind }) => kind === "images.remove")?.input as { readonly ids: readonly string[] };
    expect(images.ids).toEqual([]);
  });

  it("loads the images of every release ahead, and takes them back the last first", async () => {
    const hops = hopsOf(await look());
    const loaded = planPrepare(hops, OCCASION).steps.map(({ input }) => (input as { readonly remember: string }).remember);
    expect(loaded.map(path => path.split("/").at(-1))).toEqual([
      "prepared-v2.23.0-v2.23.0.json",
      "prepared-v2.24.9-v2.24.9.json",
    ]);
    const taken = planUnprepare(hops, OCCASION).steps.map(({ input }) => (input as { readonly remember: string }).remember);
    expect(taken).toEqual([...loaded].reverse());
  });

  it("F72 holds no secret", async () => {
    const found = await look();
    const password = /POSTGRES_PASSWORD=(\S+)/.exec(found[1].texts[".env"] ?? "")?.[1] ?? "";
    expect(password).not.toBe("");
    const shown = JSON.stringify([found.map(({ facts }) => facts), planUpdate(hopsOf(found), OCCASION)]);
    expect(shown).not.toContain(password);
  });
});

describe("the configuration on a path", () => {
  it("is merged from hop to hop: an edit of the administrator's arrives in the last release", async () => {
    const env = `${HOME}/releases/${NAME}/.env`;
    await stage.world.files.write(env, `${await stage.world.files.read(env)}OURS=yes\n`);
    const [first, last] = await look();
    expect([first.texts[".env"], last.texts[".env"]]).toEqual([
      expect.stringContaining("OURS=yes"),
      expect.stringContaining("OURS=yes"),
    ]);
    expect(last.texts[".env"]).toContain("APP_BUILD_TAG=v2.24.9");
  });

  it("takes along, from hop to hop, what the administrator put beside the vendor's files", async () => {
    const dir = `${HOME}/releases/${NAME}`;
    const own = "services: { nexus: { environment: { OURS: yes } } }\n";
    await stage.world.files.write(`${dir}/docker-compose.override.yml`, own, 0o644);
    await stage.world.files.write(`${dir}/plugins/one.so`, "one", 0o644);
    const text = (await stage.world.files.read(`${dir}/docker-compose.yml`)) ?? "";
    await stage.world.files.write(`${dir}/docker-compose.yml`, text.replace("[ ./data:", "[ ./plugins:/opt/plugins, ./data:"));
    const found = await look();
    expect(found.map(({ texts }) => texts["docker-compose.override.yml"])).toEqual([own, own]);
    const carried = planUpdate(hopsOf(found), OCCASION).steps.filter(({ kind }) => kind === "tree.carry");
    expect(carried.map(({ input }) => (input as { to: string }).to).filter(to => to.endsWith("/plugins"))).toEqual(
      PATH.map(release => `${HOME}/releases/${release}/plugins`),
    );
  });

  it("names the hop of every conflict, all at once", async () => {
    const dir = `${HOME}/releases/${NAME}`;
    const edit = async (path: string, change: (text: string) => string) =>
      await stage.world.files.write(path, change((await stage.world.files.read(path)) ?? ""));
    await edit(`${dir}/Caddyfile`, () => ":80 { respond 201 }\n");
    await edit(`${dir}/docker-compose.yml`, text => text.replace("[CMD, probe]", "[CMD, ours]"));
    // Of both edits one meets the vendor's in each release.
    const found = await look((contents, release) => {
      const compose = contents.texts["docker-compose.yml"] ?? "";
      const theirs =
        release === PATH[0]
          ? { Caddyfile: ":80 { respond 404 }\n" }
          : { Caddyfile: ":80 { respond 404 }\n", "docker-compose.yml": compose.replace("[CMD, probe]", "[CMD, theirs]") };
      return withTexts(() => theirs)(contents, release);
    });
    const names = said(() => planUpdate(hopsOf(found), OCCASION)).match(/--resolve (\S+)=mine/g);
    expect(names).toEqual(["--resolve v2.23.0/Caddyfile=mine", "--resolve v2.24.9/docker-compose.yml=mine"]);
  });
});

describe("against a path stand", () => {
  const unread = withTexts(release => ({ "UPGRADING.md": `Read me before ${release}.\n` }));

  it("the instructions of every release on it, all at once", async () => {
    const found = await look(unread);
    expect(said(() => planUpdate(hopsOf(found), OCCASION))).toMatchInlineSnapshot(`
      "NOT_ACKNOWLEDGED: There are instructions to be read before the update, and nobody said that they were read.
      v2.23.0:
        Read me before v2.23.0.
      v2.24.9:
        Read me before v2.24.9.
      Try: --acknowledge v2.23.0 --acknowledge v2.24.9   (when you have read them)"
    `);
    expect(said(() => planUpdate(hopsOf(found, { acknowledged: ["v2.23.0"] }), OCCASION))).toContain(
      "Try: --acknowledge v2.24.9 ",
    );
    expect(kindsOf(planUpdate(hopsOf(found, { acknowledged: [...PATH] }), OCCASION))).toContain("front.open");
  });

  it("disks that have no room for all hops together", async () => {
    const found = await look();
    const [first, last] = hopsOf(found);
    const { neededBytes } = first.facts.room.engine;
    expect(neededBytes).toBeGreaterThan(0);
    // Enough for each of the two, and not for both.
    const scanty = ({ facts, request }: Hop): Hop => ({
      request,
      facts: { ...facts, room: { ...facts.room, isOne: false, engine: { neededBytes, freeBytes: neededBytes * 1.5 } } },
    });
    expect(said(() => planUpdate([scanty(first)], OCCASION))).not.toContain("NO_ROOM");
    expect(said(() => planUpdate([scanty(first), scanty(last ?? first)], OCCASION))).toContain("NO_ROOM");
  });

  it("a release between that cannot run without being reached from outside", async () => {
    const [first, last] = hopsOf(await look());
    const open = { ...first, facts: { ...first.facts, inner: [] } };
    expect(said(() => planUpdate([open, last ?? first], OCCASION))).toMatchInlineSnapshot(`
      "NO_INNER_SERVICES: v2.23.0 cannot be gone through unseen: every service of it publishes a port or needs one that does.
      Try: update to v2.23.0 first, without --via-path"
    `);
    expect(said(() => planUpdate([open], OCCASION))).not.toContain("NO_INNER_SERVICES");
  });

  it("a hop that its release does not allow", async () => {
    const { record } = await stage.facts(NAME);
    const contents = await stage.world.bundles.read("/bundles/v2.24.9.tar.gz", () => {});
    const ask = { home: HOME, source: record, contents, release: undefined, resolve: {}, templates };
    const { facts } = await surveyUpdate(stage.world, ask, described);
    expect(said(() => planUpdate([{ facts, request: REQUEST }], OCCASION))).toContain("REQUIRES_PATH");
  });
});
