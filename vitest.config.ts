import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The operator's story and what it stands on: `npm run test:story`. */
const STORY = ["story", "compose-edit", "bundles"].map(name => `test/integration/${name}.test.ts`);
const integration = process.env.TESTS === "story" ? STORY : ["test/integration/**/*.test.ts"];

/** What `npm test` leaves to `npm run test:faults`. */
const FAULTS = ["update-kills", "update-faults", "backup-kills"].map(name => `test/integration/${name}.test.ts`);
const leftOut = process.env.TESTS === "usual" ? FAULTS : [];

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
        },
      },
      {
        test: {
          name: "integration",
          include: integration,
          exclude: leftOut,
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
