import { expect, test } from "vitest";
import type { MetricRow, MetricsPayload } from "vitrail/payload";
import { extents } from "./cells.js";
import { MetricsFigure } from "./figure.js";

const row = (group: string, estimate: number | null, change: Partial<MetricRow> = {}): MetricRow => ({
  dataset: "made up",
  sha: "",
  model: "toy",
  prompt: "",
  seed: null,
  category: "age",
  group,
  metric: "negative_FPR_gap",
  variant: "",
  n: 40,
  templates: null,
  seeds: null,
  estimate,
  low: null,
  high: null,
  method: "bca",
  effect: null,
  test: "",
  draws: null,
  p: null,
  adjusted: null,
  correction: "",
  ...change,
});

const rows = [
  row("old", 0.2, { low: 0.1, high: 0.4, p: 0.0001 }),
  row("<b>young</b>", -0.1, { low: -0.2, high: 0, p: 0.5 }),
  row("adult", null),
  row("everybody", 0.7, { metric: "accuracy" }),
];

const payload: MetricsPayload = {
  title: "Gaps",
  columns: ["group", "metric", "estimate", "low", "high", "p"],
  constant: { model: "toy", n: 40 },
  rows,
  notes: ["a reconstruction"],
};

async function figure(theme: "light" | "dark" = "light"): Promise<MetricsFigure> {
  const made = await MetricsFigure.of(JSON.parse(JSON.stringify(payload)), theme);
  document.body.replaceChildren(made.node);
  return made;
}

const column = (node: Element, place: number) =>
  [...node.querySelectorAll("tbody tr")].map((each) => each.children[place]!.textContent);
const press = (node: Element, title: string) =>
  [...node.querySelectorAll("button")].find(({ textContent }) => textContent === title)!.click();

test("the table says what is the same in all rows once, and shows names as text", async () => {
  const { node } = await figure();
  expect([...node.querySelectorAll(".vt-note")].map(({ textContent }) => textContent)).toEqual([
    "model toy · n 40",
    "a reconstruction",
  ]);
  expect([...node.querySelectorAll("th")].map(({ textContent }) => textContent)).toEqual([
    "group",
    "metric",
    "estimate",
    "interval",
    "p",
  ]);
  expect(column(node, 0)).toEqual(["old", "<b>young</b>", "adult", "everybody"]);
  expect(column(node, 2)).toEqual(["0.200", "−0.100", "–", "0.700"]);
  expect(column(node, 3)).toEqual(["[0.100, 0.400]", "[−0.200, 0.000]", "–", "–"]);
  expect(column(node, 4)).toEqual(["<0.001", "0.500", "–", "–"]);
});

test("the size of an effect and the draws behind a p are numbers, the test is a text", async () => {
  const known = { effect: -0.25, test: "permutation", draws: 99 } as const;
  const columns = ["group", "estimate", "effect", "test", "draws"] as const;
  const made = await MetricsFigure.of(
    { ...payload, columns, rows: [row("old", 0.2, known), row("young", 0.1)] },
    "light",
  );
  const { node } = made;
  expect([2, 3, 4].map((place) => column(node, place))).toEqual([
    ["−0.250", "–"],
    ["permutation", ""],
    ["99", "–"],
  ]);
  const isNumber = [...node.querySelectorAll("th")].map(({ className }) => className === "vt-number");
  expect(isNumber).toEqual([false, true, true, false, true]);
});

test("headers sort rising, then falling; what is not defined stands last either way", async () => {
  const { node } = await figure();
  press(node, "estimate");
  expect(column(node, 0)).toEqual(["<b>young</b>", "old", "everybody", "adult"]);
  const header = node.querySelectorAll("th")[2]!;
  expect(header.getAttribute("aria-sort")).toBe("ascending");
  press(node, "estimate");
  expect(column(node, 0)).toEqual(["everybody", "old", "<b>young</b>", "adult"]);
  expect(header.getAttribute("aria-sort")).toBe("descending");
  press(node, "group");
  expect(column(node, 0)).toEqual(["<b>young</b>", "adult", "everybody", "old"]);
  expect(header.getAttribute("aria-sort")).toBe("none");
});

test("colours meet at 0, and only values that have a sign have one", async () => {
  const made = await figure();
  const colours = () =>
    [...made.node.querySelectorAll<HTMLElement>("tbody tr")].map(
      (each) => (each.children[2] as HTMLElement).style.background,
    );
  const [old, young, adult, everybody] = colours();
  const channels = (colour: string) => /\d+, \d+, \d+/.exec(colour)![0].split(", ").map(Number);
  // Above 0 there is more red than blue, below more blue than red.
  expect(channels(old!)[0]!).toBeGreaterThan(channels(old!)[2]!);
  expect(channels(young!)[2]!).toBeGreaterThan(channels(young!)[0]!);
  expect([adult, everybody]).toEqual(["", ""]);
  made.setTheme("dark");
  expect(colours()[0]).not.toBe(old);
});

test("an interval's bar has 0 in its middle where the metric has a sign", async () => {
  expect(extents(rows).get("negative_FPR_gap")).toEqual({ low: -0.4, high: 0.4 });
  expect(extents(rows).get("accuracy")).toEqual({ low: 0.7, high: 0.7 });
  const { node } = await figure();
  const style = (name: string) => node.querySelector<HTMLElement>(`.vt-interval-${name}`)!.style;
  expect([style("zero").left, style("range").left, style("range").width]).toEqual(["50%", "62.5%", "37.5%"]);
});

test("what is no table of metrics is refused with its place", async () => {
  await expect(MetricsFigure.of({ ...payload, title: 3 }, "light")).rejects.toThrow(
    /^metrics payload\.title: /,
  );
});
