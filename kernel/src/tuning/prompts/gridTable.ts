import { printNumber, table, type Displayable } from "../../display/index.js";
import type { Grid, GridRun } from "./gridTypes.js";
import type { SelectionEffect } from "./selection.js";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** A grid as a table of its runs, with what the choice among them does to each number. */
export function gridTable({ runs, planned, underWay, selection }: Grid): Displayable {
  const { rule, validation, test, measured } = selection;
  const kept = runs.filter(({ isKept }) => isKept).length;
  const effect = (
    name: string,
    { all, kept: chosen, byChance }: SelectionEffect,
    say: (x: number) => string,
  ) => `${name} ${say(all)} of all, ${say(chosen)} of those kept (by chance ± ${say(byChance)})`;
  const names = Object.keys(measured);
  const told = [
    effect("mean validation accuracy", validation, percent),
    effect("test accuracy", test, percent),
    ...names.map((name) => effect(name, measured[name]!, printNumber)),
  ];
  const said = [
    `${runs.length} of ${planned} runs, ${kept} kept by ${typeof rule === "string" ? rule : `keep ${rule.keep}`}`,
    ...(underWay === undefined ? [] : [`one under way after ${underWay.tuned.steps.length} steps`]),
    ...(runs.length === 0 ? [] : told),
  ];
  const of = (name: string) => ({
    title: name,
    value: ({ measured: own }: GridRun) => (own[name] === undefined ? "–" : printNumber(own[name])),
  });
  return table(
    runs,
    [
      { title: "seed", value: ({ seed }) => seed },
      { title: "tokens", value: ({ tokens }) => tokens },
      { title: "learning rate", value: ({ learningRate }) => learningRate },
      { title: "validation accuracy", value: (run) => percent(run.validation.accuracy) },
      { title: "test accuracy", value: (run) => percent(run.test.accuracy) },
      ...names.map(of),
      { title: "kept", value: ({ isKept }) => (isKept ? "yes" : "no") },
    ],
    said.join("; "),
  );
}
