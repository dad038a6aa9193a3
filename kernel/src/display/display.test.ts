import { inspect } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import type { Bundle } from "./bundle.js";
import { bundleOf, displaySymbol, html, markdown, png } from "./bundle.js";
import { clear, display } from "./display.js";
import { progress } from "./progress.js";
import { table } from "./table.js";

interface Shown {
  bundle: Bundle;
  id?: string;
  update?: boolean;
}

const key = Symbol.for("vitrail.display");

/** Stands in for the cell runner's end of the sink. */
function notebook(): Shown[] {
  const shown: Shown[] = [];
  Object.assign(globalThis, {
    [key]: {
      display: (bundle: Bundle, options: object) => shown.push({ bundle, ...options }),
      clear: (wait: boolean) => shown.push({ bundle: { data: { clear: wait }, metadata: {} } }),
    },
  });
  return shown;
}

afterEach(() => {
  delete (globalThis as Record<symbol, unknown>)[key];
  vi.restoreAllMocks();
});

test("a value shows itself by its own method, with or without metadata; others as text", () => {
  expect(bundleOf({ [displaySymbol]: () => ({ "text/html": "<b>" }) })).toEqual({
    data: { "text/html": "<b>" },
    metadata: {},
  });
  expect(bundleOf(png(new Uint8Array([1]), "a dot"))).toEqual({
    data: { "image/png": "AQ==", "text/plain": "a dot" },
    metadata: { "image/png": { alt: "a dot" } },
  });
  expect(bundleOf(markdown("*x*")).data["text/markdown"]).toBe("*x*");
  expect(bundleOf("plain").data).toEqual({ "text/plain": "plain" });
  expect(bundleOf({ a: [1] }).data).toEqual({ "text/plain": "{ a: [ 1 ] }" });
  expect(bundleOf(undefined).data).toEqual({ "text/plain": "undefined" });
  expect(() => bundleOf({ [displaySymbol]: () => 3 })).toThrow(
    'Symbol.for("Jupyter.display") returned 3, not MIME data',
  );
});

test("MIME data and bundles of it are shown as what they hold; what only looks like them is text", () => {
  const data = { "text/html": "<b>", "application/vnd.vegalite.v5+json": { mark: "bar" } };
  expect(bundleOf(data)).toEqual({ data, metadata: {} });
  const metadata = { "image/png": { width: 4 } };
  expect(bundleOf({ data, metadata })).toEqual({ data, metadata });
  expect(bundleOf({ data })).toEqual({ data, metadata: {} });
  class Table {
    readonly "text/html" = "<b>";
  }
  for (const value of [
    {},
    { "src/main": 1 },
    { "text/html": "<b>", rows: 3 },
    { "text/html": undefined },
    { data: { a: 1 }, metadata: {} },
    { data, rows: 3 },
    { data, metadata: "none" },
    new Table(),
  ])
    expect(bundleOf(value), inspect(value)).toEqual({ data: { "text/plain": inspect(value) }, metadata: {} });
});

test("a handle shows nothing more as a value, and prints as what it is", () => {
  notebook();
  const handle = display("one", { id: "x" });
  expect(bundleOf(handle)).toEqual({ data: {}, metadata: {} });
  expect(inspect(handle)).toBe("{ id: 'x', update: [Function: update] }");
});

test("an update replaces what was shown under the same id", () => {
  const shown = notebook();
  const handle = display("one");
  display("other");
  handle.update(html("<i>two</i>"));
  clear(true);
  expect(shown[0]).toMatchObject({ id: handle.id, update: false });
  expect(shown[1]!.id).not.toBe(handle.id);
  expect(shown[2]).toMatchObject({
    id: handle.id,
    update: true,
    bundle: { data: { "text/html": "<i>two</i>" } },
  });
  expect(shown[3]!.bundle.data).toEqual({ clear: true });
});

test("outside a notebook the text goes to standard output", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  display(table([{ n: 1 }], [{ title: "n", value: (row) => row.n }]));
  expect(write.mock.calls).toEqual([["n\n─\n1\n"]]);
});

test("a bar is one output that is replaced, shows its last state, and is not sent for every step", () => {
  const shown = notebook();
  const bar = progress(5000, "reading <weights>");
  for (let i = 0; i < 5000; i++) bar.advance();
  bar.finish("done");
  expect(shown.length).toBeGreaterThanOrEqual(2);
  expect(shown.length).toBeLessThan(500);
  expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
  expect(shown.map(({ update }) => update)).toEqual([false, ...Array<boolean>(shown.length - 1).fill(true)]);
  const last = shown.at(-1)!.bundle.data;
  expect(last["text/plain"]).toBe("reading <weights> ████████████████████████ 100 %  done");
  expect(last["text/html"]).toContain(
    '<progress value="1.0000" max="1" aria-label="reading &lt;weights&gt;">',
  );
  expect(() => bar.advance()).toThrow('progress "reading <weights>" has finished');
});

test("a bar outside a notebook writes one line to standard error, and refuses to run over its total", () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const terminal = process.stderr.isTTY;
  process.stderr.isTTY = false;
  const bar = progress(4, "x");
  bar.set(1);
  expect(() => bar.set(5)).toThrow('progress "x" at 5 of 4');
  bar.finish();
  process.stderr.isTTY = terminal;
  expect(write.mock.calls).toEqual([["x ██████░░░░░░░░░░░░░░░░░░  25 %\n"]]);
  expect(() => progress(-1, "x")).toThrow("progress total -1: it must be at least 0");
});

test("a table has a caption, scopes, escaped text, and numbers to the right", () => {
  const rows = [
    { name: "a<b", size: 5 },
    { name: "longer", size: 12 },
  ];
  const made = table(
    rows,
    [
      { title: "name", value: (row) => row.name },
      { title: "size", value: (row) => row.size },
    ],
    "Sizes",
  );
  expect(made.rows).toBe(rows);
  const { data } = bundleOf(made);
  expect(data["text/plain"]).toBe("Sizes\nname    size\n──────  ────\na<b        5\nlonger    12");
  expect(data["text/html"]).toBe(
    '<table><caption style="text-align: left">Sizes</caption><thead><tr><th scope="col" style="text-align: left">name</th>' +
      '<th scope="col" style="text-align: right">size</th></tr></thead><tbody>' +
      '<tr><th scope="row" style="text-align: left">a&lt;b</th><td style="text-align: right">5</td></tr>' +
      '<tr><th scope="row" style="text-align: left">longer</th><td style="text-align: right">12</td></tr></tbody></table>',
  );
  expect(() => table(rows, [])).toThrow("a table needs at least one column");
});
