import { ranksAt } from "vitrail/payload";
import { element } from "../element.js";
import { rankLabel } from "./held.js";
import type { Held } from "./held.js";
import type { View } from "./slice.js";

/** Which axes are rows and columns, and which entry of every other is shown. */
export class AxisChoice {
  readonly node = element("div", { class: "vt-axes" });
  readonly #held: Held;
  readonly #choose: (view: View) => void;
  readonly #rows: HTMLSelectElement | undefined;
  readonly #columns: HTMLSelectElement | undefined;
  readonly #others = element("div", { class: "vt-others" });
  #view: View;

  constructor(held: Held, view: View, choose: (view: View) => void) {
    this.#held = held;
    this.#view = view;
    this.#choose = choose;
    if (held.payload.shape.length > 1) {
      this.#rows = this.#select("rows");
      this.#columns = this.#select("columns");
      this.node.append(
        element("label", {}, "rows ", this.#rows),
        element("label", {}, "columns ", this.#columns),
      );
    }
    this.node.append(this.#others);
    this.#list();
  }

  #select(which: "rows" | "columns"): HTMLSelectElement {
    const { axes, shape } = this.#held.payload;
    const select = element("select", {});
    axes.forEach((axis, i) => select.append(element("option", { value: i }, `${axis} (${shape[i]})`)));
    select.value = String(this.#view[which]);
    select.addEventListener("change", () => {
      const axis = Number(select.value);
      const other = which === "rows" ? "columns" : "rows";
      // Choosing the other's axis swaps the two.
      const view = { ...this.#view, [which]: axis };
      this.#take(axis === this.#view[other] ? { ...view, [other]: this.#view[which] } : view);
      this.#list();
    });
    return select;
  }

  #take(view: View): void {
    this.#view = view;
    if (this.#rows) this.#rows.value = String(view.rows);
    if (this.#columns) this.#columns.value = String(view.columns);
    this.#choose(view);
  }

  /** One slider for each axis that is not shown and has more than one entry. */
  #list(): void {
    const { axes, shape } = this.#held.payload;
    const { rows, columns } = this.#view;
    const others = axes
      .map((_, axis) => axis)
      .filter((axis) => axis !== rows && axis !== columns && shape[axis]! > 1);
    this.#others.replaceChildren(...others.map((axis) => this.#slider(axis)));
  }

  #slider(axis: number): HTMLElement {
    const { axes, shape } = this.#held.payload;
    const { from, to } = this.#held.held(axis);
    const where = element("output", {});
    const slider = element("input", { type: "range", min: from, max: to - 1, step: 1 });
    slider.value = String(this.#view.index[axis]);
    // A slider whose axis has one entry left of many cannot move.
    slider.disabled = to - from === 1;
    const say = () => {
      const ranks = ranksAt(
        this.#held.payload.shards.filter((each) => each.axis === axis),
        this.#view.index,
      );
      const on = ranks === undefined ? "" : ` · ${rankLabel(ranks)}`;
      where.textContent = `${this.#view.index[axis]} of ${shape[axis]}${on}`;
      slider.setAttribute("aria-valuetext", where.textContent);
    };
    slider.addEventListener("input", () => {
      const index = this.#view.index.map((at, i) => (i === axis ? Number(slider.value) : at));
      this.#take({ ...this.#view, index });
      say();
    });
    say();
    return element("label", { class: "vt-other" }, element("span", {}, axes[axis]!), slider, where);
  }
}
