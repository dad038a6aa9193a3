import { element } from "../element.js";
import { paint } from "../picture.js";
import { moved } from "../selection.js";
import type { Place } from "../selection.js";
import type { CellSize, Ink } from "./drawing.js";
import { cellSize, cellsPicture, room, tickStep } from "./drawing.js";
import type { Held } from "./held.js";
import { shardStrip } from "./shardStrip.js";

/** Two axes of a tensor, and an entry of every other. Rows are null for a vector, both for a scalar. */
export interface View {
  readonly rows: number | null;
  readonly columns: number | null;
  readonly index: readonly number[];
}

const tickApart = { column: 34, row: 15 };

/**
 * A slice as a map that scrolls: only what is seen is drawn, so that its size does not matter. The pointer or the arrow
 * keys read single values; beside shared axes stand the ranks that held them.
 */
export class Slice {
  readonly node: HTMLElement;
  readonly #held: Held;
  readonly #read: (index: readonly number[] | undefined) => void;
  readonly #canvas = element("canvas", { class: "vt-slice-canvas", "aria-hidden": "true" });
  readonly #ring = element("div", { class: "vt-cell", hidden: "" });
  readonly #edges = element("div", { "aria-hidden": "true" });
  readonly #stage = element("div", { class: "vt-slice-stage", tabindex: 0, role: "group" });
  readonly #columnTicks = element("div", { class: "vt-ticks vt-column-ticks", "aria-hidden": "true" });
  readonly #rowTicks = element("div", { class: "vt-ticks vt-row-ticks", "aria-hidden": "true" });
  readonly #columnShards = element("div", { class: "vt-shards vt-column-shards" });
  readonly #rowShards = element("div", { class: "vt-shards vt-row-shards" });
  readonly #corner = element("div", { class: "vt-corner", "aria-hidden": "true" });
  #view: View;
  #ink: Ink;
  #cell: CellSize = { width: 1, height: 1 };
  #cursor: Place | undefined;
  /** As last told: a figure that is hidden for a moment, as while themes change, reads 0 and comes back scrolled. */
  #scrolled = { top: 0, left: 0 };

  /** `read` gets the place in the whole tensor of what the cursor is on, or undefined when it is on nothing. */
  constructor(held: Held, view: View, ink: Ink, read: (index: readonly number[] | undefined) => void) {
    this.#held = held;
    this.#view = view;
    this.#ink = ink;
    this.#read = read;
    this.#stage.append(this.#canvas, this.#edges, this.#ring);
    const rowAxis = element("div", { class: "vt-row-axis" }, this.#rowTicks, this.#rowShards);
    this.node = element(
      "div",
      { class: "vt-slice" },
      ...[this.#corner, this.#columnTicks, this.#columnShards, rowAxis, this.#stage],
    );
    this.node.addEventListener("scroll", () => {
      const { scrollTop, scrollLeft } = this.node;
      this.#scrolled = { top: scrollTop, left: scrollLeft };
      this.#draw();
    });
    this.#stage.addEventListener("mousemove", (event) => {
      const box = this.#stage.getBoundingClientRect();
      const row = Math.floor((event.clientY - box.top) / this.#cell.height);
      const column = Math.floor((event.clientX - box.left) / this.#cell.width);
      const { rows, columns } = this.#size();
      this.#point(row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : undefined);
    });
    for (const event of ["mouseleave", "blur"])
      this.#stage.addEventListener(event, () => this.#point(undefined));
    this.#stage.addEventListener("keydown", (event) => {
      const { rows, columns } = this.#size();
      // The first key shows where the cursor is; the next ones move it.
      const from = this.#cursor ?? { row: 0, column: 0 };
      const place = event.key === "Escape" ? undefined : moved(from, event.key, rows, columns);
      if (place === undefined && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.#point(place);
      if (place !== undefined) this.#reveal(place);
    });
  }

  show(view: View, ink: Ink): void {
    this.#view = view;
    this.#ink = ink;
    const { rows, columns } = this.#size();
    const { axes } = this.#held.payload;
    this.#cell = cellSize(rows, columns);
    this.#stage.style.width = `${columns * this.#cell.width}px`;
    this.#stage.style.height = `${rows * this.#cell.height}px`;
    const name = (axis: number | null) => (axis === null ? "" : axes[axis]!);
    this.#stage.setAttribute(
      "aria-label",
      `${view.rows === null ? "" : `${rows} entries of ${name(view.rows)} by `}${columns} of ${name(view.columns)}: arrow keys read single values`,
    );
    this.#corner.replaceChildren(
      element("span", {}, name(view.columns) && `${name(view.columns)} →`),
      element("span", {}, name(view.rows) && `${name(view.rows)} ↓`),
    );
    this.#mark();
    this.#draw();
    this.#point(undefined);
  }

  #first(axis: number | null): number {
    return axis === null ? 0 : this.#held.held(axis).from;
  }

  #size(): { rows: number; columns: number } {
    const of = (axis: number | null) => {
      if (axis === null) return 1;
      const { from, to } = this.#held.held(axis);
      return to - from;
    };
    return { rows: of(this.#view.rows), columns: of(this.#view.columns) };
  }

  #place({ row, column }: Place): number[] {
    const { rows, columns, index } = this.#view;
    return index.map((at, axis) =>
      axis === rows ? this.#first(rows) + row : axis === columns ? this.#first(columns) + column : at,
    );
  }

  /** Ranks beside the shared axes that are shown, and lines between them on the map. */
  #mark(): void {
    this.#edges.replaceChildren();
    for (const [strip, axis, cell, edge] of [
      [this.#columnShards, this.#view.columns, this.#cell.width, "left"],
      [this.#rowShards, this.#view.rows, this.#cell.height, "top"],
    ] as const) {
      const parts = axis === null ? [] : this.#held.payload.shards.filter((each) => each.axis === axis);
      const { segments, edges } = shardStrip(
        parts,
        axis === null ? { from: 0, to: 1 } : this.#held.held(axis),
        cell,
        edge,
      );
      strip.replaceChildren(...segments);
      strip.hidden = segments.length === 0;
      this.#edges.append(...edges);
    }
  }

  /** What is seen now, from the first cell that is, and its ticks. */
  #draw(): void {
    const { rows, columns } = this.#size();
    const { width, height } = this.#cell;
    const top = Math.min(rows - 1, Math.floor(this.#scrolled.top / height));
    const left = Math.min(columns - 1, Math.floor(this.#scrolled.left / width));
    const down = Math.min(rows - top, Math.ceil((2 * room.height) / height));
    const across = Math.min(columns - left, Math.ceil((2 * room.width) / width));
    const start = this.#place({ row: top, column: left });
    const at = [...start];
    const { rows: rowAxis, columns: columnAxis } = this.#view;
    const value = (row: number, column: number) => {
      if (rowAxis !== null) at[rowAxis] = start[rowAxis]! + row;
      if (columnAxis !== null) at[columnAxis] = start[columnAxis]! + column;
      return this.#held.value(at);
    };
    paint(this.#canvas, cellsPicture(value, down, across, this.#cell, this.#ink));
    this.#canvas.style.left = `${left * width}px`;
    this.#canvas.style.top = `${top * height}px`;
    this.#tick(this.#columnTicks, left, across, this.#first(columnAxis), width, tickApart.column, "left");
    this.#tick(this.#rowTicks, top, down, this.#first(rowAxis), height, tickApart.row, "top");
    this.#rowTicks.hidden = rowAxis === null;
    this.#columnTicks.hidden = columnAxis === null;
    this.#rowTicks.style.width = `${String(this.#first(rowAxis) + rows - 1).length}ch`;
  }

  #tick(
    on: HTMLElement,
    skipped: number,
    count: number,
    first: number,
    cell: number,
    apart: number,
    edge: "left" | "top",
  ): void {
    const step = tickStep(cell, apart);
    const ticks: HTMLElement[] = [];
    for (let i = skipped; i < skipped + count; i++) {
      if ((first + i) % step !== 0) continue;
      const tick = element("span", {}, String(first + i));
      tick.style[edge] = `${(i + 0.5) * cell}px`;
      ticks.push(tick);
    }
    on.replaceChildren(...ticks);
  }

  #reveal({ row, column }: Place): void {
    const { width, height } = this.#cell;
    const [x, y] = [column * width, row * height];
    // What sticks to the edges covers that much of what scrolls.
    const over = this.#stage.offsetTop;
    const beside = this.#stage.offsetLeft;
    const { clientWidth, clientHeight } = this.node;
    if (x < this.node.scrollLeft) this.node.scrollLeft = x;
    if (x + width > this.node.scrollLeft + clientWidth - beside)
      this.node.scrollLeft = x + width - clientWidth + beside;
    if (y < this.node.scrollTop) this.node.scrollTop = y;
    if (y + height > this.node.scrollTop + clientHeight - over)
      this.node.scrollTop = y + height - clientHeight + over;
  }

  #point(place: Place | undefined): void {
    this.#cursor = place;
    this.#ring.hidden = place === undefined;
    if (place === undefined) return this.#read(undefined);
    const { width, height } = this.#cell;
    this.#ring.style.left = `${place.column * width}px`;
    this.#ring.style.top = `${place.row * height}px`;
    this.#ring.style.width = `${width}px`;
    this.#ring.style.height = `${height}px`;
    this.#read(this.#place(place));
  }
}
