import { expect, it } from "vitest";
import { planText } from "../../src/cli/plan-text.ts";
import { refuseUpdate } from "../../src/operations/refuse-update.ts";
import { planRemove } from "../../src/operations/remove.ts";
import { planUpdate, type UpdateRequest } from "../../src/operations/update.ts";
import { surveyRemove } from "../../src/survey/remove.ts";
import { surveyUpdate } from "../../src/survey/update.ts";
import { templates } from "../simulator/maintenance.ts";
import { described } from "../simulator/sample.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";

const REQUEST: UpdateRequest = {
  method: "dump",
  reasons: ["The database moves by dump. It was asked for."],
  shareBinds: [],
  acknowledged: [],
  healthTimeoutSeconds: null,
  backup: false,
};

async function facts(change: (stage: Stage) => Promise<void> | void = () => {}, envFiles: readonly string[] = []) {
  const stage = new Stage();
  await stage.install("v2.22.2");
  stage.use("v2_22_2", `${HOME}/releases/v2.22.2`);
  await change(stage);
  return await surveyed(stage, envFiles);
}

async function surveyed(stage: Stage, envFiles: readonly string[] = []) {
  const { record } = await stage.facts("v2.22.2");
  const contents = await stage.world.bundles.read("/bundles/v2.23.0.tar.gz", () => {});
  const source = { ...record, envFiles: [...record.envFiles, ...envFiles] };
  return await surveyUpdate(stage.world, { home: HOME, source, contents, release: undefined, resolve: {}, templates }, described);
}

const OCCASION = { now: new Date("2026-01-02T03:04:05Z"), random: "abcd" };

it("F17 F19 moves the data before anybody is let in, and lets nobody in before it is proven", async () => {
  const found = await facts();
  expect(planText(planUpdate([{ facts: found.facts, request: REQUEST }], OCCASION), null)).toMatchInlineSnapshot(`
    "Update v2.22.2 to v2.23.0 from /bundles/v2.23.0.tar.gz
        1. Unpack /bundles/v2.23.0.tar.gz
        2. Keep the vendor's own files of v2.23.0
        3. Load 4 images: valkey:8, graphistry/nexus:v2.23.0, graphistry/nexus-job:v2.23.0, graphistry/postgres:v2.23.0
        4. Merge the configuration (.env)
        5. Keep the merged configuration, to compare with
        6. Keep 5 images for v2_23_0 by id
        7. Give the instance its own names (v2_23_0_...), caddy:80 on port 80
        8. Check that Compose sees only the intended changes in v2_23_0
        9. Clear away what is needed no more
       10. Put the release at /srv/graphistry/releases/v2.23.0
       11. Create the volume v2_23_0_postgres_backups
       12. Create the volume v2_23_0_postgres_data
       13. Record v2.23.0 in the home
       14. Dump the database of v2.22.2
       15. Start postgres of v2.23.0
       16. Wait until postgres of v2.23.0 is healthy
       17. Restore it into v2.23.0, and prove that nothing is missing
       18. Note which rows v2.23.0 has by now, so that only what is written later has to follow
       19. Stop v2.22.2 but for postgres
       20. Put up the maintenance page on port 80
       21. See that nobody else is on the database of v2.22.2
       22. Move what was written to the database of v2.22.2 since, and prove that v2.23.0 lacks nothing
       23. Stop v2.22.2, and see that nothing wakes it
       24. Stop postgres of v2.23.0 until its files are there
       25. Carry /srv/graphistry/releases/v2.22.2/data
       26. Copy the volume v2_22_2_postgres_backups to v2_23_0_postgres_backups
       27. Start cache, job, nexus, postgres of v2.23.0
       28. Wait until v2.23.0 is healthy
       29. Note what is there before visitors come in
       30. Take down the maintenance page
       31. Let visitors in to v2.23.0
       32. See v2.23.0 answer on port 80
     ! 33. v2.23.0 serves: from here on the way back is \`graph-mgr rollback\`
       34. Wait until v2.23.0 is healthy
       35. Point current at releases/v2.23.0
       36. Clear away what is needed no more
      ! cannot be undone from step 33 on
      * .env: POSTGRES_PASSWORD, DJANGO_SECRET_KEY are carried as they are, because data may depend on them.
      * The database moves by dump. It was asked for.
      * The Caddyfile of v2.22.2 could not be understood, so its maintenance page is on http only.
      * cache keeps /data in a volume without a name, which does not come along
      * v2.22.2 stays as it is, with its folder and volumes, until it is removed
      * about 15 s until visitors are back, by what such machines usually take: comparing the databases, and what was written meanwhile 2 s, copying and proving files 2 s, stopping and starting 13 s; before that about 8 s with the old release serving; 247 B of databases and 1.0 kB of files move"
  `);
});

it("by a copy the old database is stopped before its volume is read", async () => {
  const found = await facts();
  const plan = planUpdate([{ facts: found.facts, request: { ...REQUEST, method: "copy", reasons: [] } }], OCCASION);
  const kinds = plan.steps.map(({ kind }) => kind);
  expect(kinds.filter(kind => kind.startsWith("database."))).toEqual([]);
  expect(plan.steps[kinds.indexOf("instance.quiet")]?.input).toMatchObject({ keep: [] });
  expect(kinds.indexOf("instance.quiet")).toBeLessThan(kinds.indexOf("volume.copy"));
  expect(kinds.indexOf("front.open")).toBeGreaterThan(kinds.lastIndexOf("volume.copy"));
});

it("F11 leaves a name to the volumes that remove kept under it, and takes the next", async () => {
  const stage = new Stage();
  await stage.install("v2.22.2");
  await stage.install("v2.23.0");
  await stage.stop("v2.23.0");
  const { record, current } = await stage.facts("v2.23.0");
  const removed = await surveyRemove(stage.world, record, HOME, current);
  await stage.carryOut(planRemove(removed, { volumes: false, confirm: undefined, current: true }, occasion()));
  const { facts: found } = await surveyed(stage);
  expect(found.instance.name).toBe("v2.23.0-2");
  expect(planUpdate([{ facts: found, request: REQUEST }], OCCASION).summary).toContain("Update v2.22.2 to v2.23.0-2");
});

it("F11 names no option that it does not have where somebody else has the name", async () => {
  const labels = { "com.docker.compose.project": "v2_23_0", "graph-mgr.home": "/srv/other", "graph-mgr.instance": "v2_23_0" };
  const { facts: found } = await facts(async stage => {
    await stage.world.engine.createVolume({ name: "v2_23_0_postgres_data", driver: "local", options: {}, labels });
  });
  expect(() => planUpdate([{ facts: found, request: REQUEST }], OCCASION)).toThrow(
    expect.objectContaining({ code: "NAME_TAKEN", hint: expect.not.stringContaining("--name") }),
  );
});

it("F93 the merge is made of env files as they are, and as they are not", async () => {
  const { seen } = (await facts(() => {}, [".env", "more.env"])).facts.merge;
  expect(seen).toMatchObject({ ".env": expect.stringMatching(/^[0-9a-f]{64}$/), "more.env": "absent" });
});

it("F72 neither plan nor facts hold a secret; the merged texts go their own way", async () => {
  const { facts: known, texts } = await facts();
  const password = /POSTGRES_PASSWORD=(\S+)/.exec(texts[".env"] ?? "")?.[1] ?? "";
  expect(password).not.toBe("");
  expect(JSON.stringify(known)).not.toContain(password);
  expect(JSON.stringify(planUpdate([{ facts: known, request: REQUEST }], OCCASION))).not.toContain(password);
});

it("F35 refuses to update what does not run while somebody else has its port", async () => {
  const { facts: found } = await facts();
  const port = { service: "caddy", container: 80, protocol: "tcp", host: 80, by: "v2_23_0" } as const;
  const taken = { ...found, source: { ...found.source, takenPorts: [port] } };
  expect(() => planUpdate([{ facts: taken, request: REQUEST }], OCCASION)).toThrow(
    expect.objectContaining({ code: "PORT_TAKEN", message: expect.stringContaining("in use by v2_23_0") }),
  );
});

it("RULES 24 the way back from an update beside the current instance names the one that it leaves", async () => {
  const wayBacks = async (change?: (stage: Stage) => Promise<void>) => {
    const plan = planUpdate([{ facts: (await facts(change)).facts, request: REQUEST }], OCCASION);
    const said = plan.steps.flatMap(({ input }) => (input as { wayBack?: string } | null)?.wayBack ?? []);
    return [plan.wayBack, ...said];
  };
  expect(await wayBacks()).toEqual(Array(3).fill("graph-mgr rollback"));
  const elsewhere = wayBacks(async stage => {
    await stage.install("v1.0.0");
    await stage.world.files.replaceLink(`${HOME}/current`, "releases/v1.0.0");
  });
  expect(await elsewhere).toEqual(Array(3).fill("graph-mgr rollback --from v2.23.0"));
});

it.each([
  ["paused", "docker unpause v2_22_2-postgres-1"],
  ["restarting", "graph-mgr logs v2.22.2"],
] as const)("F91 refuses before anything stops while its database is %s", async (state, hint) => {
  const { facts: found } = await facts();
  const containers = found.source.containers.map(each => (each.service === "postgres" ? { ...each, state } : each));
  const stuck = { ...found, source: { ...found.source, containers } };
  for (const method of ["dump", "copy"] as const)
    expect(() => planUpdate([{ facts: stuck, request: { ...REQUEST, method } }], OCCASION)).toThrow(
      expect.objectContaining({
        code: "DATABASE_STUCK",
        message: expect.stringContaining(state),
        hint: expect.stringContaining(hint),
      }),
    );
});

it("with --backup dumps the database while the old release serves, where it moves as a copy", async () => {
  const { facts: found } = await facts();
  const kinds = (request: Partial<UpdateRequest>) =>
    planUpdate([{ facts: found, request: { ...REQUEST, method: "copy", ...request } }], OCCASION).steps.map(({ kind }) => kind);
  expect(kinds({})).not.toContain("database.dump");
  const both = kinds({ backup: true });
  expect(both.filter(kind => kind === "database.dump")).toHaveLength(1);
  expect(both.indexOf("database.dump") + 1).toBe(both.indexOf("instance.quiet"));
  // By dump it is there anyway.
  expect(kinds({ method: "dump", backup: true })).toEqual(kinds({ method: "dump" }));
  const asked = { ...REQUEST, method: "copy", backup: true } as const;
  expect(() => planUpdate([{ facts: { ...found, databaseRuns: false }, request: asked }], OCCASION)).toThrow(
    /nothing to dump before the window/,
  );
  const without = {
    ...found.source,
    record: { ...found.source.record, product: { ...found.source.record.product, postgres: null } },
  };
  expect(() => planUpdate([{ facts: { ...found, source: without }, request: asked }], OCCASION)).toThrow(
    /no Postgres that could be dumped/,
  );
});

it("is refused where the new release would work on the old one's database", async () => {
  const { facts: found } = await facts();
  const data = { name: "v2_22_2_postgres_data", external: true };
  const model = { ...found.model, volumes: { ...found.model.volumes, postgres_data: data } };
  expect(() => refuseUpdate([{ facts: found, request: REQUEST }])).not.toThrow();
  expect(() => refuseUpdate([{ facts: { ...found, model }, request: REQUEST }])).toThrow(
    expect.objectContaining({ code: "DATABASE_EXTERNAL" }),
  );
});
