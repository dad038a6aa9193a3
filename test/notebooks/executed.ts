import { beforeAll, expect, test } from "vitest";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import type { readOutputs } from "./execute.js";
import { expectNoOutputs, notebookRoom } from "./room.js";

/** What an executed notebook's cells gave. */
export interface Executed {
  /** What a cell wrote. */
  printed(id: string): string;
  /** The last expression's value of a cell, by MIME type. */
  shown(id: string): Readonly<Record<string, unknown>>;
  /** Charts of a cell's figure, in its first view. */
  charts<Chart>(id: string): readonly Chart[];
}

/**
 * Executes a notebook of the project once, before the tests of the file that asks for it, and adds those that hold for every
 * one: it is kept without outputs, runs over two devices without a word on the error stream, and leaves nothing behind.
 */
export function executed(name: string): Executed {
  const room = notebookRoom();
  let outputs: ReturnType<typeof readOutputs>;

  beforeAll(async () => {
    outputs = await room.execute(name, "page");
  });

  test("it is kept without outputs, and every cell runs over two devices without a word on the error stream", () => {
    expectNoOutputs(name);
    expect(outputs.problems).toEqual([]);
    expect(outputs.printed("open")).toContain("pipeline 2");
  });

  test("nothing of its sessions is left", room.expectNothingLeft);

  return {
    printed: (id) => outputs.printed(id),
    shown: (id) => outputs.shown(id),
    charts: <Chart>(id: string) =>
      (outputs.shown(id)[plotType] as { views: { charts: Chart[] }[] }).views[0]!.charts,
  };
}
