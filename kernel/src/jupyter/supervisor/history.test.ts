import { expect, test } from "vitest";
import { History } from "./history.js";
import { requestSchema, type ContentOf } from "./request.js";

const history = new History();
["const a = 1", "a?.b", "a * 2", "const a = 1"].forEach((code, at) => history.add(at + 1, code));
history.setOutput(3, "2");

function lines(request: Record<string, unknown>): unknown[] {
  const parsed = requestSchema.parse({ type: "history_request", ...request }) as ContentOf<"history_request">;
  return history.rows(parsed).map((row) => row.slice(1));
}

test("tail gives the last lines, oldest first, with their results when asked", () => {
  expect(lines({ hist_access_type: "tail", n: 2 })).toEqual([
    [3, "a * 2"],
    [4, "const a = 1"],
  ]);
  expect(lines({ hist_access_type: "tail", n: 2, output: true })).toEqual([
    [3, ["a * 2", "2"]],
    [4, ["const a = 1", null]],
  ]);
});

test("range is from start up to, not including, stop, in this session only", () => {
  expect(lines({ hist_access_type: "range", start: 2, stop: 4 }).length).toBe(2);
  expect(lines({ hist_access_type: "range", session: 1, start: 4 })).toEqual([[4, "const a = 1"]]);
  expect(lines({ hist_access_type: "range", session: -1 })).toEqual([]);
});

test("search takes * and ? as patterns and everything else as it is", () => {
  expect(lines({ hist_access_type: "search", pattern: "a?*" }).length).toBe(2);
  expect(lines({ hist_access_type: "search", pattern: "a?.b" })).toEqual([[2, "a?.b"]]);
  expect(lines({ hist_access_type: "search", pattern: "*[*" })).toEqual([]);
  expect(lines({ hist_access_type: "search", pattern: "const*" }).length).toBe(2);
  expect(lines({ hist_access_type: "search", pattern: "const*", unique: true })).toEqual([
    [4, "const a = 1"],
  ]);
  expect(lines({ hist_access_type: "search", pattern: "*", n: 1 })).toEqual([[4, "const a = 1"]]);
});
