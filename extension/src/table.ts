import { element } from "./element.js";

const header = (scope: "col" | "row", text: string) => element("th", { scope }, text);

/** A table that can be scrolled by keys; the first cell of each row names the row. */
export function tableOf(
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const body = rows.map(([first, ...cells]) =>
    element("tr", {}, header("row", first!), ...cells.map((cell) => element("td", {}, cell))),
  );
  const table = element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...titles.map((title) => header("col", title)))),
    element("tbody", {}, ...body),
  );
  return element("div", { class: "vt-table", tabindex: 0, role: "group", "aria-label": caption }, table);
}
