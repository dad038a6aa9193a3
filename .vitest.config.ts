import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Node loads the built library as it ships, and shares its modules with whatever the library loads itself. */
const built = { deps: { external: [/\/kernel\/dist\//] } };

/** The longest file begins first: at the end, where its size would put it, it would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const longest = sorted.find(({ moduleId }) => moduleId.endsWith("/paper.test.ts"));
    const begin = sorted.findIndex(({ project }) => project === longest?.project);
    if (longest === undefined) return sorted;
    const others = sorted.filter((each) => each !== longest);
    return [...others.slice(0, begin), longest, ...others.slice(begin)];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Tests start the built programs, and those of models load the built library: what is tested is what was written last.
    globalSetup: "./test/build.mjs",
    projects: [
      {
        test: {
          name: "kernel",
          include: ["kernel/src/**/*.test.ts"],
          environment: "node",
          // For tests that load onnxruntime themselves.
          env: { ORT_DISABLE_TELEMETRY: "1" },
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "extension",
          include: ["extension/src/**/*.test.ts"],
          environment: "jsdom",
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "system",
          server: built,
          include: ["test/**/*.test.ts"],
          exclude: ["test/{parity,notebooks}/**"],
          environment: "node",
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Servers, browsers and whole kernels: one file has the machine to itself.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "models",
          server: built,
          include: ["test/{parity,notebooks}/**/*.test.ts"],
          environment: "node",
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Mostly one process of a session computes while the others wait.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
