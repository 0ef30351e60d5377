import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The operator's story and what it stands on: `npm run test:story`. */
const STORY = ["story", "compose-edit", "bundles"].map(name => `test/integration/${name}.test.ts`);
const integration = process.env.TESTS === "story" ? STORY : ["test/integration/**/*.test.ts"];

/** What `npm test` runs of the integration tests; the rest takes an hour more: `npm run test:all`. */
const USUAL = {
  name: "usual",
  description: "the operator's stories, and the faults that need no engine of their own, each at a moment that chance takes",
};

/** What takes longest first, so that the others run beside it. */
const LONG = [
  "kill-boundaries",
  "backup-kills",
  "update-kills",
  "update-faults",
  "update",
  "hazards-data",
  "update-at-once",
  "hazards-update",
  "update-by-hand",
  "kill-random",
  "hazards-engine",
  "hazards-compose",
  "hazards-names",
  "postgres",
  "story",
];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex(name => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? LONG.length : at;
    };
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/integration/**"],
          testTimeout: 30_000,
          maxWorkers: "100%",
          // What they import takes longer than they do.
          isolate: false,
        },
      },
      {
        test: {
          name: "integration",
          include: integration,
          tags: [USUAL],
          globalSetup: ["test/integration/setup.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // They wait for containers most of the time.
          maxWorkers: 3,
        },
      },
    ],
  },
});
