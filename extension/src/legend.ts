import type { Rgb, Scale } from "vitrail/payload";
import { Choice } from "./choice.js";
import { element } from "./element.js";
import { paint } from "./picture.js";

const print = (value: number) => String(Number(value.toPrecision(2))).replace(/-/g, "−");

/** The colour bar with its ends, and the choice between kinds of scale. */
export class Legend {
  readonly node: HTMLElement;
  readonly #bar = element("canvas", { class: "vt-bar", "aria-hidden": "true" });
  readonly #lo = element("span", { class: "vt-end" });
  readonly #hi = element("span", { class: "vt-end" });
  readonly #kinds: Choice<Scale["kind"]>;

  constructor(kinds: readonly Scale["kind"][], choose: (kind: Scale["kind"]) => void) {
    this.#kinds = new Choice("colour scale", kinds, choose);
    this.node = element("div", { class: "vt-legend" }, this.#lo, this.#bar, this.#hi, this.#kinds.node);
  }

  draw(scale: Scale, ramp: readonly Rgb[]): void {
    this.#lo.textContent = scale.kind === "log" ? `≤ ${print(scale.lo)}` : print(scale.lo);
    this.#hi.textContent = print(scale.hi);
    const pixels = new Uint8ClampedArray(ramp.flatMap(([r, g, b]) => [r, g, b, 255]));
    paint(this.#bar, { width: ramp.length, height: 1, pixels });
    this.#kinds.press(scale.kind);
  }
}

/** The payload's scale, or another kind over the same weights; logarithmic colours span four decades. */
export function scaleOf(given: Scale, kind: Scale["kind"]): Scale {
  if (kind === given.kind) return given;
  if (kind === "log") return { kind, lo: given.hi / 1e4, hi: given.hi };
  return { kind, lo: given.kind === "log" ? 0 : given.lo, hi: given.hi };
}
