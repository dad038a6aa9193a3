import { expect, test } from "vitest";
import { plainly, type LoadOptions } from "./runtime.js";
import { entriesOf, widensInRun } from "./settings.js";

const shared = { threads: 3, spin: true, shared: true };
const entries = (more: Partial<LoadOptions>, crew = shared) => entriesOf({ ...plainly, ...more }, crew);

test("mapped weights are never packed, nor half ones widened for good, in memory that an arena would keep", () => {
  expect(entries({ weightFolder: "/weights" })).toEqual(
    new Map([
      ["session.model_external_initializers_file_folder_path", "/weights"],
      ["session.use_env_allocators", "1"],
    ]),
  );
  expect(entries({ weights: "map" }).get("session.disable_prepacking")).toBe("1");
  expect(widensInRun({ weights: "map", isNarrow: false })).toBe(false);
  const half = { weights: "map", isNarrow: true } as const;
  expect(widensInRun(half)).toBe(true);
  expect(entries(half).get("optimization.disable_specified_optimizers")).toBe("ConstantFolding");
  expect(entries(half).has("session.use_env_allocators")).toBe(false);
  expect(entries({ isNarrow: true }).has("optimization.disable_specified_optimizers")).toBe(false);
});

test("a session with threads of its own is told itself whether they may spin, and has an arena of its own", () => {
  const own = { ...shared, shared: false };
  expect(entries({}, own).has("session.use_env_allocators")).toBe(false);
  expect(entries({}, own).has("session.intra_op.allow_spinning")).toBe(false);
  expect(entries({}, { ...own, spin: false }).get("session.intra_op.allow_spinning")).toBe("0");
});
