import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { bars, metricRow, metrics, plot, save, table } from "./index.js";

test("a figure becomes a picture and its numbers, a table LaTeX, CSV and its rows, anything else is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "save-"));
  try {
    const figure = plot(
      bars({
        labels: { name: "group", labels: ["A", "b"] },
        value: "Rate & share",
        series: [{ name: "s", values: [1, 2] }],
      }),
    );
    const stem = join(folder, "deep", "figure");
    expect(save(figure, stem)).toEqual([`${stem}.png`, `${stem}.svg`, `${stem}.json`]);
    const png = readFileSync(`${stem}.png`);
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const at = png.indexOf("IDAT");
    expect(inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4))).length).toBeGreaterThan(1000);
    // Text stands there as text, in its own letters, and nothing lies outside of the picture.
    const svg = readFileSync(`${stem}.svg`, "utf8");
    const texts = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toEqual(expect.arrayContaining(["Rate &amp; share", "A", "b"]));
    const size = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.slice(1).map(Number);
    const shapes = [...svg.matchAll(/<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)];
    expect(shapes.length).toBeGreaterThan(2);
    for (const [, x, y, width, height] of shapes) {
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(size[0]!);
      expect(Number(y) + Number(height)).toBeLessThanOrEqual(size[1]!);
    }
    expect(JSON.parse(readFileSync(`${stem}.json`, "utf8"))).toEqual(figure.payload);
    const rows = metrics([metricRow({ metric: "accuracy", estimate: 0.5, n: 4 })]);
    expect(save(rows, stem)).toEqual([`${stem}.tex`, `${stem}.csv`, `${stem}.json`]);
    expect(readFileSync(`${stem}.tex`, "utf8")).toBe(rows.latex());
    expect(readFileSync(`${stem}.csv`, "utf8")).toBe(rows.csv());
    expect(() => save(table([{ a: 1 }], [{ title: "a", value: ({ a }) => a }]), stem)).toThrow(
      "only figures and tables of metrics are files of a paper",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
