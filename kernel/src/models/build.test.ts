import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldens } from "./checkpoint/goldens.fixture.js";
import { traceStage, wholeModel } from "./build.js";
import { openModel } from "./model.js";

describe("the head works only at the positions that are asked for", () => {
  test.each(["opt", "opt-350m", "llama", "gpt2", "gpt-neox"])("%s", async (name) => {
    const { blueprint, weight } = await openModel(join(goldens, "checkpoints", name));
    const { graph, result } = traceStage(blueprint, wholeModel(blueprint), weight);
    expect(result.shape).toEqual(["batch", "selected", blueprint.dimensions.vocabulary]);
    const wide = graph.nodes
      .flatMap(({ outputs }) => outputs)
      .filter(({ shape }) => shape.at(-1) === blueprint.dimensions.vocabulary);
    expect(wide.length).toBeGreaterThan(0);
    for (const { shape } of wide) expect(shape).not.toContain("position");
  });
});
