import { expect, test } from "vitest";
import type { Chart } from "vitrail/payload";
import { draw } from "./drawing.js";

const long = "people who were born in another country";
const labels = { name: "group", labels: [long, "others"] };
const series = [{ name: "model", values: [0.1, 0.2], low: null, high: null }];
const forest: Chart = { kind: "forest", title: "", labels, value: "gap", series, references: [] };
const heat: Chart = {
  kind: "heatmap",
  title: "",
  x: { name: "head", labels: ["0"] },
  y: labels,
  value: "score",
  values: [[1], [2]],
  lo: 0,
  hi: 2,
};

test("a label with more letters than there is room keeps its beginning, and is whole where it is pointed at", () => {
  for (const chart of [forest, heat]) {
    const { traces, layout } = draw([chart], "light", 900);
    const { ticktext, domain } = layout["yaxis"] as { ticktext: string[]; domain: number[] };
    expect(ticktext[0]!.endsWith("…"), chart.kind).toBe(true);
    expect(long.startsWith(ticktext[0]!.slice(0, -1))).toBe(true);
    expect(ticktext[1]).toBe("others");
    expect(domain).toHaveLength(2);
    // What is left of the chart holds the label, a letter of 11 pixels being 6.5 wide at most.
    const [left] = (layout["xaxis"] as { domain: number[] }).domain;
    expect(left! * 900).toBeGreaterThanOrEqual(6.5 * ticktext[0]!.length);
    expect(JSON.stringify(traces)).toContain(long);
  }
});
