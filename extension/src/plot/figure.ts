import { parsePlot, provenanceLine, viewAt } from "vitrail/payload";
import type { Chart, PlotPayload, Theme } from "vitrail/payload";
import type { Plotly } from "plotly.js-cartesian-dist-min";
import { Disclosure } from "../disclosure.js";
import { element } from "../element.js";
import { draw } from "./drawing.js";
import { numbersOf } from "./numbers.js";
import { say, step, type Place } from "./walk.js";

const configuration = {
  displaylogo: false,
  displayModeBar: "hover",
  responsive: false,
  showTips: false,
  typesetMath: false,
};
const hint = "Arrow keys read single values; page keys go from chart to chart.";

/** Plotly is a megabyte and a half, and takes seconds to start: it comes with the first plot, as a chunk of its own. */
let loading: Promise<Plotly> | undefined;
const load = () => (loading ??= import("plotly.js-cartesian-dist-min").then((module) => module.default));

/** The charts of one payload, with drop-downs where there are several views. Knows no kernel. */
export class PlotFigure {
  readonly node: HTMLElement;
  readonly #payload: PlotPayload;
  readonly #stage: HTMLElement;
  readonly #status = element("p", { class: "vt-status", role: "status" }, hint);
  readonly #numbers: Disclosure;
  readonly #sizes: ResizeObserver;
  readonly #choice: string[];
  #theme: Theme;
  #place: Place | undefined;
  #width = 0;
  #turn = 0;

  /** Checks a payload. Throws one line when it is not sound. */
  static of(data: unknown, theme: Theme): PlotFigure {
    return new PlotFigure(parsePlot(data), theme);
  }

  private constructor(payload: PlotPayload, theme: Theme) {
    this.#payload = payload;
    this.#theme = theme;
    this.#choice = [...payload.views[0]!.choice];
    this.#stage = element("div", {
      class: "vt-plot-stage",
      tabindex: 0,
      role: "img",
      "aria-label": `${payload.title}. ${payload.description}`,
    });
    this.#stage.addEventListener("keydown", (event) => this.#key(event));
    this.#numbers = new Disclosure("Values as numbers", () =>
      element("div", {}, ...this.#charts().map(numbersOf)),
    );
    const notes = [
      ...payload.notes,
      ...(payload.provenance === null ? [] : [provenanceLine(payload.provenance)]),
    ];
    this.node = element(
      "div",
      { class: "vt-figure vt-plot" },
      element(
        "header",
        { class: "vt-header" },
        element("span", { class: "vt-name" }, payload.title),
        ...this.#menus(),
      ),
      this.#stage,
      this.#status,
      this.#numbers.node,
      element(
        "footer",
        { class: "vt-footer" },
        ...notes.map((note) => element("p", { class: "vt-note" }, note)),
      ),
    );
    // The width is known when the node stands in the page, and changes with it.
    this.#sizes = new ResizeObserver(() => void this.#draw());
    this.#sizes.observe(this.#stage);
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    void this.#draw();
  }

  dispose(): void {
    this.#sizes.disconnect();
    this.#turn++;
    void loading?.then((plotly) => plotly.purge(this.#stage));
  }

  #menus(): HTMLElement[] {
    return this.#payload.menus.map(({ name, options }, i) => {
      const select = element(
        "select",
        {},
        ...options.map((option) => element("option", { value: option }, option)),
      );
      select.value = this.#choice[i]!;
      select.addEventListener("change", () => {
        this.#choice[i] = select.value;
        this.#place = undefined;
        this.#status.textContent = hint;
        this.#numbers.refresh();
        void this.#draw();
      });
      return element("label", { class: "vt-menu" }, `${name} `, select);
    });
  }

  #charts(): readonly Chart[] {
    return viewAt(this.#payload, this.#choice)?.charts ?? [];
  }

  async #draw(): Promise<void> {
    // While Lab changes its theme the page has no layout for a moment; the charts then keep their width.
    const width = this.#stage.clientWidth || this.#width;
    if (width === 0) return;
    this.#width = width;
    const turn = ++this.#turn;
    const plotly = await load();
    if (turn !== this.#turn) return;
    const charts = this.#charts();
    if (charts.length === 0) {
      plotly.purge(this.#stage);
      this.#stage.replaceChildren(
        element("p", { class: "vt-note" }, "Nothing was measured for this choice."),
      );
      return;
    }
    if (!this.#stage.classList.contains("js-plotly-plot")) this.#stage.replaceChildren();
    const { traces, layout, height } = draw(charts, this.#theme, width);
    this.#stage.style.height = `${height}px`;
    await plotly.react(this.#stage, traces, layout, configuration);
  }

  #key(event: KeyboardEvent): void {
    const charts = this.#charts();
    if (charts.length === 0) return;
    if (event.key === "Escape") {
      this.#place = undefined;
      this.#status.textContent = hint;
      return;
    }
    const next = step(charts, this.#place, event.key);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#place = next;
    this.#status.textContent = say(charts, next);
  }
}
