import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Node loads the built library as it ships, and shares its modules with whatever the library loads itself. */
const built = { deps: { external: [/\/kernel\/dist\//] } };

/** Tests that run notebooks of many cells. */
const cells = ["kernel/src/jupyter/**/*.long.test.ts"];

/** All cores, and two where there are two: by itself Vitest leaves one of them idle. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

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
          exclude: ["**/*.long.test.ts"],
          environment: "node",
          // For tests that load onnxruntime themselves.
          env: { ORT_DISABLE_TELEMETRY: "1" },
          testTimeout: 120_000,
          // To load the library anew for each file would take as long as the tests.
          isolate: false,
          maxWorkers,
        },
      },
      {
        test: {
          name: "long",
          // What starts processes, or simulates for seconds.
          include: ["kernel/src/**/*.long.test.ts"],
          exclude: cells,
          environment: "node",
          env: { ORT_DISABLE_TELEMETRY: "1" },
          testTimeout: 120_000,
          isolate: false,
          maxWorkers,
        },
      },
      {
        test: {
          name: "cells",
          // What notebooks declare stays in a process, where another file's would find it.
          include: cells,
          environment: "node",
          testTimeout: 120_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "extension",
          include: ["extension/src/**/*.test.ts"],
          environment: "jsdom",
          testTimeout: 120_000,
          maxWorkers,
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
          // Sessions that one file has opened are there for the next.
          isolate: false,
          globalSetup: "./test/parity/runtimes.ts",
          setupFiles: "./test/parity/left.setup.ts",
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Mostly one process of a session computes while the others wait; of what computes, two files have a core each.
          maxWorkers: 2,
          env: { OMP_NUM_THREADS: "1" },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
