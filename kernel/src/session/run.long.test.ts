import { inspect } from "node:util";
import { expect, test } from "vitest";
import { bundleOf } from "../display/index.js";
import { printNumber } from "../display/payload/words.js";
import { capture, edit, scale } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

/** Smallest, mean and largest of the numbers of rows of these lengths [row, position, rest], as they are printed. */
function told({ shape, data }: { shape: readonly number[]; data: Float32Array }, lengths: readonly number[]) {
  const [, positions, rest] = shape as [number, number, number];
  const own = [...data].filter((_, i) => {
    const row = Math.floor(i / (positions * rest));
    return Math.floor(i / rest) % positions < lengths[row]!;
  });
  const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
  return [Math.min(...own), mean, Math.max(...own)].map(printNumber);
}

const cellsOf = (text: string, name: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${name} `))!
    .split(/\s{2,}/);

test("a run shows what came back as a table, padding left out, and within something else as one line", async () => {
  const session = await Session.open(opt, quiet);
  const name = "layers.1.residual.out";
  const run = await session.forward(rows, {
    hooks: [capture(name)],
    readout: { compute: ({ logits }) => ({ most: logits.mean([2]) }) },
  });
  const text = inspect(run);
  expect(bundleOf(run).data["text/plain"]).toBe(text);
  expect(bundleOf(run).data["text/html"]).toContain("<table>");
  expect(text.split("\n")[0]).toBe(
    `forward([… 2 rows], capture("${name}"), readout: [logits]) · 2 rows of 2 to 5 tokens`,
  );
  const lengths = [5, 2];
  const [captured, logits] = [run.get(name), run.logits!];
  expect(cellsOf(text, name)).toEqual([name, `[${captured.shape.join(", ")}]`, ...told(captured, lengths)]);
  expect(cellsOf(text, "logits")).toEqual([
    "logits",
    `[${logits.shape.join(", ")}]`,
    ...told(logits, lengths),
  ]);
  expect(cellsOf(text, "readout most")[1]).toMatch(/^\[2, 5/);
  expect(text).not.toContain("not finite");
  expect(inspect({ run }, { breakLength: Infinity })).toBe(
    `{ run: run of 2 rows of 2 to 5 tokens: ${name} [2, 5, 40] and 2 more }`,
  );
  // By themselves logits, readouts and parameters show as a capture does: with the statistics of what is no padding.
  const [head, ...rest] = inspect(run.logits).split("\n");
  const padding = 3 * 281;
  expect(head).toBe(
    `logits [2, 5, 281] (batch, position, token) f32, ${logits.data.length - padding} values and ${padding} of padding, which are not counted`,
  );
  expect(rest[0]).toContain(`mean ${told(logits, lengths)[1]},`);
  expect(Object.keys(bundleOf(run.logits).data)).toEqual(Object.keys(bundleOf(captured).data));
  expect(inspect(run.readout)).toContain("'most' => readout most [2, 5");
  const weight = await session.parameter(session.parameters()[0]!.name);
  expect(inspect(weight)).toContain(`${weight.name} [${weight.shape.join(", ")}] (axis 0, axis 1) f32`);
  expect(inspect({ weight })).toBe(`{ weight: ${weight.name} [${weight.shape.join(", ")}] f32 }`);
  expect(JSON.parse(JSON.stringify(weight)) as object).toMatchObject({ name: weight.name, stored: "f32" });
  // The numbers are those of when it is shown.
  captured.data[0] = -Infinity;
  captured.data[1] = NaN;
  expect(cellsOf(inspect(run), name).at(-1)).toBe("1 NaN, 1 −∞");

  // As many listed positions as the longest row has are no padding.
  const listed = await session.forward(rows, {
    logits: [
      [0, 1, 2, 3, 4],
      [0, 1, 1, 1, 0],
    ],
  });
  expect(cellsOf(inspect(listed), "logits").slice(2)).toEqual(told(listed.logits!, [5, 5]));
  const none = await session.forward(rows, { logits: "none" });
  expect(inspect(none)).toContain("nothing came back");
  const many = await session.forward(rows, { hooks: [capture("*")] });
  expect(inspect(many).split("\n")).toHaveLength(44);
  expect(inspect(many)).toContain(`… and ${many.captures.size + 1 - 40} more`);
  await session.close();
});

test("a backward pass shows its loss and gradients too, and the steps of a generation what they captured", async () => {
  const session = await Session.open(opt, quiet);
  const hooks = [edit("layers.0.mlp.hidden", scale(2))];
  const at = "layers.0.residual.out";
  const weight = session.parameters()[0]!.name;
  const run = await session.backward(rows, {
    loss: ({ logits }) => logits.mul(logits).mean([0, 1, 2]),
    at,
    parameters: weight,
    hooks,
  });
  const text = inspect(run);
  expect(text.split("\n")[0]).toContain(`loss ${printNumber(run.loss)} · 2 rows`);
  expect(cellsOf(text, `${at}@gradient`).slice(2)).toEqual(told(run.gradient(at), [5, 2]));
  expect(cellsOf(text, `${weight}@gradient`)[1]).toBe(`[${run.parameters.get(weight)!.shape.join(", ")}]`);
  const { steps } = await session.generate(rows, { maxTokens: 2, hooks: [capture(at)] });
  expect(inspect(steps[0])).toContain("generate(");
  expect(cellsOf(inspect(steps[1]), at)[1]).toBe("[2, 1, 40]");
  expect(
    inspect(steps)
      .split("\n")
      .every((line) => line.length < 120),
  ).toBe(true);
  await session.close();
});
