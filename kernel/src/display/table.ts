import { inspect } from "node:util";
import type { Displayable } from "./bundle.js";
import { displaySymbol } from "./bundle.js";
import { escapeHtml } from "./escape.js";

export interface Column<Row> {
  readonly title: string;
  /** Text or number of a cell; numbers stand to the right. */
  readonly value: (row: Row) => string | number;
}

/** Rows that stay usable as data, and show as a table. */
export interface Table<Row> extends Displayable {
  readonly rows: readonly Row[];
  readonly caption: string;
}

const isNumeric = (cells: readonly (string | number)[]) =>
  cells.length > 0 && cells.every((cell) => typeof cell === "number");

/** Code points, which is near enough to columns for names and numbers. */
const widthOf = (text: string) => [...text].length;

function tableText(
  caption: string,
  titles: readonly string[],
  body: readonly (readonly (string | number)[])[],
): string {
  const right = titles.map((_, i) => isNumeric(body.map((cells) => cells[i]!)));
  const widths = titles.map((title, i) =>
    Math.max(widthOf(title), ...body.map((cells) => widthOf(String(cells[i])))),
  );
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, i) => {
        const pad = " ".repeat(widths[i]! - widthOf(String(cell)));
        return right[i] ? pad + String(cell) : String(cell) + pad;
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [...(caption === "" ? [] : [caption]), line(titles), rule, ...body.map(line)].join("\n");
}

function tableHtml(
  caption: string,
  titles: readonly string[],
  body: readonly (readonly (string | number)[])[],
): string {
  const right = titles.map((_, i) => isNumeric(body.map((cells) => cells[i]!)));
  const style = (i: number) => ` style="text-align: ${right[i] ? "right" : "left"}"`;
  const head = titles.map((title, i) => `<th scope="col"${style(i)}>${escapeHtml(title)}</th>`).join("");
  const rows = body.map((cells) => {
    const [first, ...rest] = cells.map((cell) => escapeHtml(String(cell)));
    const others = rest.map((cell, i) => `<td${style(i + 1)}>${cell}</td>`).join("");
    return `<tr><th scope="row"${style(0)}>${first ?? ""}</th>${others}</tr>`;
  });
  const title = caption === "" ? "" : `<caption style="text-align: left">${escapeHtml(caption)}</caption>`;
  return `<table>${title}<thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** Rows with named columns, shown as a static HTML table and as aligned text. The first column names the row. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], caption = ""): Table<Row> {
  if (columns.length === 0) throw new RangeError("a table needs at least one column");
  const titles = columns.map(({ title }) => title);
  const body = rows.map((row) => columns.map(({ value }) => value(row)));
  const text = () => tableText(caption, titles, body);
  const shown = {
    rows,
    caption,
    [displaySymbol]: () => ({
      data: { "text/html": tableHtml(caption, titles, body), "text/plain": text() },
      metadata: {},
    }),
    // So that console.log shows it too.
    [inspect.custom]: text,
  };
  return shown;
}
