import type { MetricRow, MetricsPayload, Theme } from "vitrail/payload";
import { parseMetrics, printMetric } from "vitrail/payload";
import { element } from "../element.js";
import { colourOf, extents, intervalCell, type Extent } from "./cells.js";
import { ordered, pressed, type Order } from "./order.js";

/** Numbers stand to the right. */
const numeric = new Set<keyof MetricRow>([
  ...(["seed", "n", "templates", "seeds", "estimate", "effect", "draws", "p", "adjusted"] as const),
]);
const titles: Partial<Record<keyof MetricRow, string>> = { low: "interval", adjusted: "p adj." };

/** A table of metrics that is sorted by its headers, with intervals drawn and signed values coloured around 0. */
export class MetricsFigure {
  readonly node: HTMLElement;
  readonly #payload: MetricsPayload;
  readonly #extents: ReadonlyMap<string, Extent>;
  readonly #columns: readonly (keyof MetricRow)[];
  readonly #body = element("tbody");
  readonly #headers = new Map<keyof MetricRow, HTMLElement>();
  #order: Order | null = null;
  #theme: Theme;

  /** Throws one line when the payload is none. */
  static async of(data: unknown, theme: Theme): Promise<MetricsFigure> {
    return new MetricsFigure(parseMetrics(data), theme);
  }

  constructor(payload: MetricsPayload, theme: Theme) {
    this.#payload = payload;
    this.#theme = theme;
    this.#extents = extents(payload.rows);
    // Both limits stand in one cell, under the lower one's name.
    this.#columns = payload.columns.filter((name) => name !== "high");
    const head = element("thead", {}, element("tr", {}, ...this.#columns.map((name) => this.#header(name))));
    const table = element("table", { "aria-label": payload.title }, head, this.#body);
    this.node = element(
      "div",
      { class: "vt-metrics" },
      element("p", { class: "vt-title" }, payload.title),
      ...this.#notes(),
      element(
        "div",
        { class: "vt-metrics-scroll", tabindex: 0, role: "group", "aria-label": payload.title },
        table,
      ),
    );
    this.#fill();
  }

  setTheme(theme: Theme): void {
    if (theme === this.#theme) return;
    this.#theme = theme;
    this.#fill();
  }

  #notes(): HTMLElement[] {
    const { constant, notes } = this.#payload;
    const told = Object.entries(constant).map(([name, value]) => `${name} ${String(value)}`);
    return [told.join(" · "), ...notes]
      .filter((line) => line !== "")
      .map((line) => element("p", { class: "vt-note" }, line));
  }

  #header(column: keyof MetricRow): HTMLElement {
    const button = element("button", { type: "button" }, titles[column] ?? column);
    const made = element(
      "th",
      { scope: "col", "aria-sort": "none", class: numeric.has(column) ? "vt-number" : null },
      button,
    );
    button.addEventListener("click", () => {
      this.#order = pressed(this.#order, column);
      for (const [name, header] of this.#headers)
        header.setAttribute(
          "aria-sort",
          name !== column ? "none" : this.#order.descending ? "descending" : "ascending",
        );
      this.#fill();
    });
    this.#headers.set(column, made);
    return made;
  }

  #fill(): void {
    const rows = ordered(this.#payload.rows, this.#order).map((row) =>
      element("tr", {}, ...this.#columns.map((column) => this.#cell(row, column))),
    );
    this.#body.replaceChildren(...rows);
  }

  #cell(row: MetricRow, column: keyof MetricRow): HTMLElement {
    const extent = this.#extents.get(row.metric);
    if (column === "low") return intervalCell(row, extent);
    const value = row[column];
    if (column !== "estimate" && column !== "effect" && column !== "p" && column !== "adjusted")
      return element(
        "td",
        { class: numeric.has(column) ? "vt-number" : null },
        value === null ? "–" : String(value),
      );
    const kind = column === "estimate" || column === "effect" ? "estimate" : "p";
    const cell = element("td", { class: "vt-number" }, printMetric(row[column], kind));
    const colour = column === "estimate" ? colourOf(row, extent, this.#theme) : null;
    if (colour !== null) [cell.style.background, cell.style.color] = colour;
    return cell;
  }
}
