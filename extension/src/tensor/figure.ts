import { decodeBlock, nonFinite, parseTensor, provenanceLine, rampOf } from "vitrail/payload";
import type { DecodedBlock, Scale, TensorPayload, Theme } from "vitrail/payload";
import { Disclosure } from "../disclosure.js";
import { element } from "../element.js";
import { Legend, scaleOf } from "../legend.js";
import { AxisChoice } from "./axisChoice.js";
import type { Ink } from "./drawing.js";
import { Held, printValue, rankLabel } from "./held.js";
import { Slice } from "./slice.js";
import type { View } from "./slice.js";
import { Bars, printCount, statisticsList } from "./spread.js";
import { binTable, valueTable } from "./tables.js";

/** The figure of one tensor payload: a slice of it, statistics, numbers, ranks, provenance. Knows no kernel. */
export class TensorFigure {
  readonly node = element("div", { class: "vt-figure vt-tensor" });
  readonly #payload: TensorPayload;
  readonly #held: Held;
  readonly #slice: Slice;
  readonly #legend: Legend;
  readonly #values: Disclosure;
  readonly #status = element("p", { class: "vt-status", role: "status" });
  readonly #oddKey: HTMLElement | null;
  #view: View;
  #scale: Scale;
  #theme: Theme;

  /** Checks and decodes a payload. Throws one line when it is not sound. */
  static async of(data: unknown, theme: Theme): Promise<TensorFigure> {
    const payload = parseTensor(data);
    return new TensorFigure(payload, await decodeBlock(payload.part.block), theme);
  }

  private constructor(payload: TensorPayload, decoded: DecodedBlock, theme: Theme) {
    this.#payload = payload;
    this.#theme = theme;
    this.#scale = payload.view.scale;
    this.#view = payload.view;
    this.#held = new Held(payload, decoded.values);
    this.#slice = new Slice(this.#held, this.#view, this.#ink(), (index) => this.#read(index));
    this.#legend = new Legend(["linear", "asinh"], (kind) => {
      this.#scale = scaleOf(payload.view.scale, kind);
      this.#draw();
    });
    const axes = new AxisChoice(this.#held, this.#view, (view) => {
      this.#view = view;
      this.#draw();
      this.#values.refresh();
    });
    this.#values = new Disclosure("Values as numbers", () => valueTable(this.#held, this.#view));
    const { histogram, statistics } = payload;
    const { nan, positiveInfinity, negativeInfinity } = statistics;
    this.#oddKey =
      nan + positiveInfinity + negativeInfinity === 0
        ? null
        : element("span", { class: "vt-odd-key" }, "NaN or infinite");
    const bars = histogram && new Bars(histogram, payload.view.scale.kind, (text) => this.#say(text));
    const bins = histogram && new Disclosure("Histogram as numbers", () => binTable(histogram));
    this.node.append(
      this.#header(),
      element(
        "div",
        { class: "vt-body" },
        element("section", { class: "vt-slices", "aria-label": "slice" }, axes.node, this.#slice.node),
        element(
          "section",
          { class: "vt-whole", "aria-label": "whole tensor" },
          element(
            "h4",
            { class: "vt-title" },
            `All ${printCount(statistics.count)} values${statistics.padding ? `; ${printCount(statistics.padding)} of padding left out` : ""}`,
          ),
          statisticsList(statistics),
          bars && bars.node,
        ),
      ),
      this.#status,
      this.#values.node,
      ...(bins === null ? [] : [bins.node]),
      this.#footer(decoded),
    );
    this.#draw();
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#draw();
  }

  #header(): HTMLElement {
    const { name, alias, axes, shape, dtype } = this.#payload;
    const sizes = axes.map((axis, i) => `${axis} ${shape[i]}`).join(" × ");
    return element(
      "header",
      { class: "vt-header" },
      element("span", { class: "vt-name" }, name),
      element("span", { class: "vt-summary" }, `${sizes === "" ? "scalar" : sizes} · ${dtype}`),
      this.#legend.node,
      this.#oddKey,
      alias === null ? null : element("span", { class: "vt-alias" }, alias),
    );
  }

  #footer({ verified }: DecodedBlock): HTMLElement {
    const { truncated, part, shape, axes, shards, provenance } = this.#payload;
    const cut = axes.flatMap((axis, i) => {
      const { from, to } = this.#held.held(i);
      return to - from === shape[i] ? [] : [`${axis} ${entries(from, to)} of ${shape[i]}`];
    });
    const notes = [
      ...shards.map(({ axis, parts }) => {
        const each = parts.map(({ ranks, from, to }) => `${entries(from, to)} on ${rankLabel(ranks)}`);
        return `Split by ${axes[axis]}: ${each.join(", ")}.`;
      }),
      truncated &&
        `The notebook keeps ${printCount(truncated.kept)} of ${printCount(truncated.of)} values (${cut.join(", ")}): ${truncated.reason}. The statistics and the histogram are of all.`,
      part.block.sha256 === undefined || verified
        ? null
        : "The data's hash was not checked: this page is not a secure context.",
    ].filter((note) => note !== null);
    return element(
      "footer",
      { class: "vt-footer" },
      ...notes.map((note) => element("p", { class: "vt-note" }, note)),
      provenance && element("p", { class: "vt-provenance" }, provenanceLine(provenance)),
    );
  }

  #ink(): Ink {
    return {
      scale: this.#scale,
      ramp: rampOf(this.#theme, this.#scale),
      nonFinite: nonFinite[this.#theme],
    };
  }

  #draw(): void {
    const ink = this.#ink();
    this.#legend.draw(this.#scale, ink.ramp);
    this.#oddKey?.style.setProperty("--vt-odd", `rgb(${ink.nonFinite.join(" ")})`);
    this.#slice.show(this.#view, ink);
  }

  #read(index: readonly number[] | undefined): void {
    if (index === undefined) return this.#say(null);
    const rank = this.#held.rankWords(index);
    const where = this.#held.words(index);
    const value = printValue(this.#held.value(index));
    this.#say(`${where === "" ? "" : `${where}: `}${value}${rank === undefined ? "" : ` · ${rank}`}`);
  }

  /** The status line keeps its height, so that nothing moves under the pointer. */
  #say(text: string | null): void {
    this.#status.textContent = text ?? "Point at a cell, or move by arrow keys, to read its value.";
  }
}

/** `0 to 11`, or `3` alone. */
const entries = (from: number, to: number) => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`);
