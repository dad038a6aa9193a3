import { bin, isMasked } from "vitrail/payload";
import { element } from "../element.js";
import { paint } from "../picture.js";
import type { Ink } from "./drawing.js";
import { mapPicture } from "./drawing.js";
import type { HeadMap } from "./head.js";
import { cellLabel, printWeight } from "./head.js";
import { moved, placeAt } from "../selection.js";
import type { Place } from "../selection.js";

const largestCell = 28;
const mapSide = 420;
/** Pixels along the axis between labels that do not touch: key labels stand at 45°. */
const labelStep = { left: 18, top: 14 } as const;
/** Characters of a label before it is cut off by an ellipsis. */
const longestLabel = 14;

/** One head with its tokens on both axes; the pointer or the arrow keys read single weights. */
export class Zoom {
  readonly node: HTMLElement;
  readonly #tokens: readonly string[];
  readonly #read: (text: string | null) => void;
  readonly #canvas = element("canvas", { class: "vt-zoom-canvas", "aria-hidden": "true" });
  readonly #ring = element("div", { class: "vt-cell", hidden: "" });
  readonly #keys = element("div", { class: "vt-keys", "aria-hidden": "true" });
  readonly #queries = element("div", { class: "vt-queries", "aria-hidden": "true" });
  readonly #stage;
  #map: HeadMap | undefined;
  #cell = 1;
  #causal = false;
  #cursor: Place | undefined;

  /** `read` gets the weight under the cursor in words, or null when there is none. */
  constructor(tokens: readonly string[], read: (text: string | null) => void) {
    this.#tokens = tokens;
    this.#read = read;
    this.#stage = element(
      "div",
      { class: "vt-zoom-stage", tabindex: 0, role: "group" },
      this.#canvas,
      this.#ring,
    );
    this.#stage.addEventListener("mousemove", (event) => {
      const box = this.#canvas.getBoundingClientRect();
      const cells = this.#map?.cells ?? 0;
      this.#point(
        placeAt(event.clientX - box.left, event.clientY - box.top, this.#cell, this.#cell, cells, cells),
      );
    });
    this.#stage.addEventListener("mouseleave", () => this.#point(undefined));
    this.#stage.addEventListener("blur", () => this.#point(undefined));
    this.#stage.addEventListener("keydown", (event) => {
      const cells = this.#map?.cells ?? 0;
      const from = this.#cursor ?? { row: 0, column: 0 };
      const place = event.key === "Escape" ? undefined : moved(from, event.key, cells, cells);
      if (place === undefined && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.#point(place);
    });
    this.node = element(
      "div",
      { class: "vt-zoom-map" },
      element("div", { class: "vt-axis-name vt-axis-key" }, "key"),
      element("div", { class: "vt-axis-name vt-axis-query" }, "query"),
      this.#keys,
      this.#queries,
      this.#stage,
    );
  }

  show(map: HeadMap, ink: Ink): void {
    const relabel = this.#map?.cells !== map.cells;
    this.#map = map;
    this.#causal = ink.causal;
    this.#cell = Math.max(1, Math.min(largestCell, Math.floor(mapSide / map.cells)));
    paint(this.#canvas, mapPicture(map.values, map.cells, this.#tokens.length, this.#cell, ink));
    this.#stage.setAttribute(
      "aria-label",
      `layer ${map.layer} head ${map.head}, ${map.cells} queries by ${map.cells} keys: arrow keys read single weights`,
    );
    if (relabel) {
      this.#label(this.#keys, "left");
      this.#label(this.#queries, "top");
    }
    this.#point(undefined);
  }

  #label(axis: HTMLElement, edge: "left" | "top"): void {
    const cells = this.#map!.cells;
    const step = Math.max(1, Math.ceil(labelStep[edge] / this.#cell));
    axis.replaceChildren();
    axis.classList.toggle("vt-crowded", step > 1);
    let longest = 1;
    for (let i = 0; i < cells; i++) {
      // Between labels that would touch, a token's name shows only while the cursor is on it.
      const label = element("span", { class: i % step === 0 ? "vt-token" : "vt-token vt-token-between" });
      label.textContent = cellLabel(this.#tokens, i, cells);
      label.title = this.#words(i);
      label.style[edge] = `${(i + 0.5) * this.#cell}px`;
      axis.append(label);
      longest = Math.max(longest, [...(label.textContent ?? "")].length);
    }
    // Room for the longest label shown, in ems of its font; key labels stand at 45°, query labels lie.
    const ems = 0.62 * Math.min(longestLabel, longest);
    if (edge === "left") axis.style.height = `${(0.7071 * (ems + 1.2) + 0.5).toFixed(2)}em`;
    else axis.style.width = `${(ems + 1.4).toFixed(2)}em`;
  }

  /** Tokens behind cell `i`, exactly as the tokenizer spells them, and their positions. */
  #words(i: number): string {
    const { begin, end } = bin(i, this.#tokens.length, this.#map!.cells);
    const first = JSON.stringify(this.#tokens[begin]);
    return end - begin === 1
      ? `${first} at ${begin}`
      : `${first} at ${begin} to ${JSON.stringify(this.#tokens[end - 1])} at ${end - 1}`;
  }

  #point(place: Place | undefined): void {
    for (const lit of this.node.querySelectorAll(".vt-token-lit")) lit.classList.remove("vt-token-lit");
    for (const axis of [this.#keys, this.#queries]) axis.classList.toggle("vt-pointed", place !== undefined);
    this.#cursor = place;
    this.#ring.hidden = place === undefined;
    const map = this.#map;
    if (place === undefined || map === undefined) return this.#read(null);
    const { row, column } = place;
    this.#ring.style.left = `${column * this.#cell}px`;
    this.#ring.style.top = `${row * this.#cell}px`;
    this.#ring.style.width = this.#ring.style.height = `${this.#cell}px`;
    this.#queries.children[row]?.classList.add("vt-token-lit");
    this.#keys.children[column]?.classList.add("vt-token-lit");
    const masked = this.#causal && isMasked(row, column, this.#tokens.length, map.cells);
    const weight = masked ? "masked" : printWeight(map.values[row * map.cells + column]!);
    this.#read(
      `query ${this.#words(row)} → key ${this.#words(column)}: ${map.exact ? "" : "at most "}${weight}`,
    );
  }
}
