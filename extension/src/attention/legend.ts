import type { Rgb, Scale } from "vitrail/payload";
import { element } from "../element.js";
import { paint } from "./drawing.js";

const kinds = ["linear", "log"] as const;

const print = (value: number) => String(Number(value.toPrecision(2)));

/** The colour bar with its ends, and the choice between linear and logarithmic colours. */
export class Legend {
  readonly node: HTMLElement;
  readonly #bar = element("canvas", { class: "vt-bar", "aria-hidden": "true" });
  readonly #lo = element("span", { class: "vt-end" });
  readonly #hi = element("span", { class: "vt-end" });
  readonly #buttons = new Map<string, HTMLButtonElement>();

  constructor(choose: (kind: Scale["kind"]) => void) {
    const group = element("div", { class: "vt-kinds", role: "group", "aria-label": "colour scale" });
    for (const kind of kinds) {
      const button = element("button", { type: "button" }, kind);
      button.addEventListener("click", () => choose(kind));
      this.#buttons.set(kind, button);
      group.append(button);
    }
    this.node = element("div", { class: "vt-legend" }, this.#lo, this.#bar, this.#hi, group);
  }

  draw(scale: Scale, ramp: readonly Rgb[]): void {
    this.#lo.textContent = scale.kind === "log" ? `≤ ${print(scale.lo)}` : print(scale.lo);
    this.#hi.textContent = print(scale.hi);
    const pixels = new Uint8ClampedArray(ramp.flatMap(([r, g, b]) => [r, g, b, 255]));
    paint(this.#bar, { width: ramp.length, height: 1, pixels });
    for (const [kind, button] of this.#buttons)
      button.setAttribute("aria-pressed", String(kind === scale.kind));
  }
}

/** The payload's scale, or another kind over the same weights; logarithmic colours span four decades. */
export function scaleOf(given: Scale, kind: Scale["kind"]): Scale {
  if (kind === given.kind) return given;
  if (kind === "log") return { kind, lo: given.hi / 1e4, hi: given.hi };
  return { kind, lo: given.kind === "log" ? 0 : given.lo, hi: given.hi };
}
