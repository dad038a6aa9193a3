import { describe, expect, test } from "vitest";
import { coordinatesOf, groups, meshSize, printMesh, rankOf } from "./mesh.js";

describe("the tables of FlexModel", () => {
  test.each([
    {
      mesh: { tensor: 2, pipeline: 2, data: 2 },
      tensor: [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ],
      pipeline: [
        [0, 4],
        [1, 5],
        [2, 6],
        [3, 7],
      ],
      data: [
        [0, 2],
        [1, 3],
        [4, 6],
        [5, 7],
      ],
    },
    {
      mesh: { tensor: 2, pipeline: 2, data: 1 },
      tensor: [
        [0, 1],
        [2, 3],
      ],
      pipeline: [
        [0, 2],
        [1, 3],
      ],
      data: [[0], [1], [2], [3]],
    },
    {
      mesh: { tensor: 1, pipeline: 2, data: 2 },
      tensor: [[0], [1], [2], [3]],
      pipeline: [
        [0, 2],
        [1, 3],
      ],
      data: [
        [0, 1],
        [2, 3],
      ],
    },
  ])("$mesh", ({ mesh, tensor, pipeline, data }) => {
    expect(groups(mesh, "tensor")).toEqual(tensor);
    expect(groups(mesh, "pipeline")).toEqual(pipeline);
    expect(groups(mesh, "data")).toEqual(data);
  });
});

test("rank and coordinates are inverse", () => {
  const mesh = { pipeline: 3, data: 2, tensor: 4 };
  for (let rank = 0; rank < meshSize(mesh); rank++)
    expect(rankOf(mesh, coordinatesOf(mesh, rank))).toBe(rank);
  expect(() => coordinatesOf(mesh, 24)).toThrow(
    "no rank 24 in pipeline 3 × data 2 × tensor 4: ranks are 0 to 23",
  );
  expect(printMesh({ pipeline: 2, data: 1, tensor: 1 })).toBe("pipeline 2 × tensor 1");
});
