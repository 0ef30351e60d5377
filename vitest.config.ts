import { defineConfig } from "vitest/config";

/** The operator's story and what it stands on: `npm run test:story`. */
const STORY = ["story", "compose-edit", "bundles"].map(name => `test/integration/${name}.test.ts`);
const integration = process.env.TESTS === "story" ? STORY : ["test/integration/**/*.test.ts"];

export default defineConfig({
  test: {
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
