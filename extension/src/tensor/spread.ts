import { printNumber } from "vitrail/payload";
import type { Histogram, Scale, TensorStatistics } from "vitrail/payload";
import { Choice } from "../choice.js";
import { element } from "../element.js";

const counts = new Intl.NumberFormat("en-US");
export const printCount = (count: number) => counts.format(count);

/** Mean, deviation, ends and what is not finite, of the whole tensor. */
export function statisticsList(statistics: TensorStatistics): HTMLElement {
  const { mean, std, min, max, nan, positiveInfinity, negativeInfinity } = statistics;
  const number = (value: number | null) => (value === null ? "–" : printNumber(value));
  const list = element("dl", { class: "vt-statistics" });
  const rows: [string, string, boolean][] = [
    ["mean", number(mean), false],
    ["std", number(std), false],
    ["min", number(min), false],
    ["max", number(max), false],
    ["NaN", printCount(nan), nan > 0],
    ["+∞", printCount(positiveInfinity), positiveInfinity > 0],
    ["−∞", printCount(negativeInfinity), negativeInfinity > 0],
  ];
  for (const [name, value, isOdd] of rows)
    list.append(
      element("div", { class: isOdd ? "vt-odd" : null }, element("dt", {}, name), element("dd", {}, value)),
    );
  return list;
}

/** How the finite values are spread, as bars; a few far values need the logarithm of counts to be seen. */
export class Bars {
  readonly node: HTMLElement;
  readonly #bars: readonly HTMLElement[];
  readonly #histogram: Histogram;
  readonly #kinds: Choice<"linear" | "log">;

  /** Heights are logarithms at first where colours are; `say` gets what the bar under the pointer counts, or null. */
  constructor(histogram: Histogram, kind: Scale["kind"], say: (text: string | null) => void) {
    this.#histogram = histogram;
    this.#kinds = new Choice("heights of the bars", ["linear", "log"], (kind) => this.#draw(kind));
    this.#bars = histogram.counts.map((_, i) => {
      const bar = element("span", {}, element("i", {}));
      bar.addEventListener("mouseenter", () => say(binWords(histogram, i)));
      bar.addEventListener("mouseleave", () => say(null));
      return bar;
    });
    this.node = element(
      "div",
      { class: "vt-spread" },
      element("div", { class: "vt-spread-title" }, element("span", {}, "histogram"), this.#kinds.node),
      element("div", { class: "vt-bars", "aria-hidden": "true" }, ...this.#bars),
      element(
        "div",
        { class: "vt-bar-ends", "aria-hidden": "true" },
        element("span", {}, printNumber(histogram.lo)),
        element("span", {}, printNumber(histogram.hi)),
      ),
    );
    this.#draw(kind === "linear" ? "linear" : "log");
  }

  #draw(kind: "linear" | "log"): void {
    const { counts } = this.#histogram;
    const height = kind === "linear" ? (count: number) => count : (count: number) => Math.log1p(count);
    const most = Math.max(...counts.map(height));
    this.#bars.forEach((bar, i) => {
      const inner = bar.firstElementChild as HTMLElement;
      inner.style.height = `${((100 * height(counts[i]!)) / most).toFixed(2)}%`;
      // However few, they are seen.
      inner.style.minHeight = counts[i]! > 0 ? "1px" : "0";
    });
    this.#kinds.press(kind);
  }
}

/** `1,204 values from −0.5 to −0.25` */
function binWords({ lo, hi, counts }: Histogram, bin: number): string {
  const edge = (i: number) => printNumber(lo + (i * (hi - lo)) / counts.length);
  const count = counts[bin]!;
  return `${printCount(count)} ${count === 1 ? "value" : "values"} from ${edge(bin)} to ${edge(bin + 1)}`;
}
