import type { AttentionPayload, DecodedBlock } from "vitrail/payload";
import { headNumber, headPlace } from "vitrail/payload";
import { element } from "../element.js";
import { paint } from "../picture.js";
import type { Ink } from "./drawing.js";
import { gridOf, overviewPicture } from "./drawing.js";
import { moved, placeAt } from "../selection.js";
import type { Place } from "../selection.js";

/** Every second, fifth, tenth… label, so that they do not touch. */
function every(step: number, size: number): number {
  return [1, 2, 5, 10, 20, 50].find((n) => n * step >= size) ?? 100;
}

/** All heads of all layers as small maps; a click or the arrow keys choose one. */
export class Overview {
  readonly node: HTMLElement;
  readonly #payload: AttentionPayload;
  readonly #decoded: DecodedBlock;
  readonly #canvas = element("canvas", { class: "vt-overview-canvas", "aria-hidden": "true" });
  readonly #ring = element("div", { class: "vt-ring" });
  readonly #hoverRing = element("div", { class: "vt-ring vt-ring-hover", hidden: "" });
  readonly #grid;
  #chosen: Place;

  constructor(
    payload: AttentionPayload,
    decoded: DecodedBlock,
    on: {
      choose(layer: number, head: number): void;
      hover(layer: number, head: number): void;
      leave(): void;
    },
  ) {
    this.#payload = payload;
    this.#decoded = decoded;
    const { layers, heads, view } = payload;
    const rows = layers.length;
    this.#grid = gridOf(heads, decoded.shape[3]!);
    const { side, step } = this.#grid;
    this.#chosen = { row: layers.indexOf(view.layer), column: headPlace(payload, view.head) };

    const columnLabels = element("div", { class: "vt-head-labels", "aria-hidden": "true" });
    for (let head = 0; head < heads; head += every(step, 18))
      columnLabels.append(this.#label(headNumber(payload, head), head, "left"));
    const rowLabels = element("div", { class: "vt-layer-labels", "aria-hidden": "true" });
    for (let row = 0; row < rows; row += every(step, 13))
      rowLabels.append(this.#label(layers[row]!, row, "top"));

    const stage = element(
      "div",
      { class: "vt-overview-stage", tabindex: 0, role: "group" },
      this.#canvas,
      this.#hoverRing,
      this.#ring,
    );
    stage.setAttribute("aria-label", `${rows} layers by ${heads} heads: arrow keys choose a head`);
    const at = (event: MouseEvent) => {
      const box = this.#canvas.getBoundingClientRect();
      return placeAt(event.clientX - box.left, event.clientY - box.top, side, step, rows, heads);
    };
    stage.addEventListener("click", (event) => {
      const place = at(event);
      if (place) this.#choose(place, on.choose);
    });
    stage.addEventListener("mousemove", (event) => {
      const place = at(event);
      this.#hoverRing.hidden = place === undefined;
      if (place === undefined) return on.leave();
      this.#put(this.#hoverRing, place);
      on.hover(layers[place.row]!, headNumber(payload, place.column));
    });
    stage.addEventListener("mouseleave", () => {
      this.#hoverRing.hidden = true;
      on.leave();
    });
    stage.addEventListener("keydown", (event) => {
      const place = moved(this.#chosen, event.key, rows, heads);
      if (place === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.#choose(place, on.choose);
    });
    this.node = element(
      "section",
      { class: "vt-overview", "aria-label": "all heads" },
      element("div", { class: "vt-axis-name vt-axis-head" }, "head"),
      element("div", { class: "vt-axis-name vt-axis-layer" }, "layer"),
      columnLabels,
      rowLabels,
      stage,
    );
    this.#put(this.#ring, this.#chosen);
  }

  draw(ink: Ink): void {
    const { layers, heads, tokens } = this.#payload;
    const shape = [layers.length, heads, this.#decoded.shape[3]!] as const;
    paint(this.#canvas, overviewPicture(this.#decoded.values, shape, tokens.length, this.#grid, ink));
  }

  #label(text: number, index: number, edge: "left" | "top"): HTMLElement {
    const label = element("span", {}, String(text));
    label.style[edge] = `${index * this.#grid.step + this.#grid.side / 2}px`;
    return label;
  }

  #choose(place: Place, choose: (layer: number, head: number) => void): void {
    this.#chosen = place;
    this.#put(this.#ring, place);
    choose(this.#payload.layers[place.row]!, headNumber(this.#payload, place.column));
  }

  #put(ring: HTMLElement, { row, column }: Place): void {
    const { side, step } = this.#grid;
    ring.style.left = `${column * step}px`;
    ring.style.top = `${row * step}px`;
    ring.style.width = ring.style.height = `${side}px`;
  }
}
