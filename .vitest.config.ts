import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "kernel",
          include: ["kernel/src/**/*.test.ts"],
          environment: "node",
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "extension",
          include: ["extension/src/**/*.test.ts"],
          environment: "jsdom",
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "system",
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
