import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { generalise } from "../generalised/generalise.js";
import { generalisedMetrics } from "../generalised/named.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { generalisedRows } from "./generalisedRows.js";

const about = { dataset: "made up", model: "toy" };

test("generalised metrics are rows of the value and of its groups", () => {
  const named = generalisedMetrics.find(({ name }) => name === "disparity score")!;
  const values = named.use((metric) => generalise(metric, goldenRows, { classes }));
  const rows = generalisedRows(values, "age", about);
  const whole = rows.filter(({ group }) => group === "");
  expect(whole.map(({ estimate }) => estimate)).toEqual(values.map(({ value }) => value));
  expect(rows).toHaveLength(values.reduce((so, { groups }) => so + 1 + groups.size, 0));
  const first = { ...about, category: "age", metric: `disparity score, ${classes[0]}` };
  expect(rows[0]).toMatchObject({ ...first, n: goldenRows.length });
  expect(() => metrics(rows)).not.toThrow();
});
