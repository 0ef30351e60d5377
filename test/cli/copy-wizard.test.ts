import { expect, it } from "vitest";
import type { CopyArgs } from "../../src/cli/commands/copy.ts";
import type { Session } from "../../src/cli/session.ts";
import { copyWizard } from "../../src/cli/wizards/copy.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { CopyFacts } from "../../src/survey/copy.ts";
import type { HomeFacts } from "../../src/survey/home.ts";

const PORTS = { http: { service: "caddy", container: 80 }, https: { service: "caddy", container: 443 } };
const SOURCE = { name: "v2.22.2", release: "v2.22.2", product: { ports: PORTS, postgres: null } };
const GIVEN = {
  instance: undefined,
  name: undefined,
  data: "none",
  launch: true,
  stopSource: false,
  bind: [],
  onFailure: undefined,
  httpPort: undefined,
  httpsPort: undefined,
  port: [],
} as CopyArgs;

/** A host on which `training` is taken. @returns what was shown and asked, in order */
async function copied(name: string | undefined) {
  const shown: string[] = [];
  const session = {
    flags: { dryRun: true },
    columns: 80,
    note: (text: string) => shown.push(`says ${text}`),
    noteInPlace: () => undefined,
    world: { ports: { taken: async () => new Set() } },
    ask: {
      isPossible: true,
      text: async ({
        flag,
        initial,
        check,
      }: {
        flag: string;
        initial: string;
        check: (text: string) => Promise<string | null>;
      }) => {
        shown.push(`asks ${flag}`);
        expect(await check(initial)).toBe(null);
        return initial;
      },
    },
  } as unknown as Session;
  const answers = await copyWizard(
    session,
    { ...GIVEN, name },
    {
      home: { records: [SOURCE], current: SOURCE.name } as unknown as HomeFacts,
      factsFor: async args =>
        ({
          claims: args.name === "training" ? ["there is an instance v2.22.2-training"] : [],
          outsideBinds: [],
          ports: Object.values(PORTS).map((at, index) => ({ ...at, host: 8080 + index, instead: null })),
        }) as unknown as CopyFacts,
      planFor: async () => ({}) as Plan,
      usualData: async () => "none",
      isRunning: async () => false,
    },
  );
  return { shown, name: answers.name };
}

it("says at once that the name of the flag is taken, and asks for another before anything else", async () => {
  expect(await copied("training")).toEqual({
    shown: [
      "says v2.22.2-training is taken: there is an instance v2.22.2-training.",
      "asks --name",
      "asks --http-port",
      "asks --https-port",
    ],
    name: "copy",
  });
});

it("asks for no name where that of the flag is free", async () => {
  expect(await copied("test")).toEqual({ shown: ["asks --http-port", "asks --https-port"], name: "test" });
});
