import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { attentionType, hookTreeType, metricsType, plotType, tensorType } from "vitrail/payload";
import type { Theme } from "vitrail/payload";
import { AttentionFigure } from "./attention/figure.js";
import { element } from "./element.js";
import { HookTreeFigure } from "./hookTree/figure.js";
import { MetricsFigure } from "./metrics/figure.js";
import { PlotFigure } from "./plot/figure.js";
import { TensorFigure } from "./tensor/figure.js";
import { currentTheme, watchTheme } from "./theme.js";

/** What is drawn of one payload. */
interface Figure {
  readonly node: HTMLElement;
  setTheme(theme: Theme): void;
  /** Ends whatever goes on by itself. */
  dispose?(): void;
}

/** Checks and decodes a payload; throws one line when it is not sound. */
type FigureOf = (data: unknown, theme: Theme) => Figure | Promise<Figure>;

/**
 * Keys that act in a figure do not reach JupyterLab, which would choose, cut or add cells by them. Its attribute
 * `data-lm-suppress-shortcuts` does not help: the selectors of those shortcuts match the focused control itself.
 */
function keepKeys(event: KeyboardEvent): void {
  const isCommand =
    event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
  if (!isCommand) event.stopPropagation();
}

/** Shows a payload from the saved notebook alone: no kernel, no trust, no network. */
class FigureRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #type: string;
  readonly #figureOf: FigureOf;
  #figure: Figure | undefined;
  #turn = 0;
  readonly #unwatch: () => void;

  constructor(type: string, figureOf: FigureOf) {
    super();
    this.#type = type;
    this.#figureOf = figureOf;
    this.addClass("vt-output");
    this.node.addEventListener("keydown", keepKeys);
    this.#unwatch = watchTheme((theme) => this.#figure?.setTheme(theme));
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const turn = ++this.#turn;
    try {
      const figure = await this.#figureOf(model.data[this.#type], currentTheme());
      if (turn !== this.#turn || this.isDisposed) return figure.dispose?.();
      this.#figure?.dispose?.();
      this.#figure = figure;
      // The theme may have changed while the payload was decoded.
      figure.setTheme(currentTheme());
      this.node.replaceChildren(figure.node);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#figure?.dispose?.();
      this.#figure = undefined;
      const message = error instanceof Error ? error.message : String(error);
      this.node.replaceChildren(element("p", { class: "vt-error", role: "alert" }, message));
    }
  }

  override dispose(): void {
    this.#unwatch();
    this.#figure?.dispose?.();
    super.dispose();
  }
}

function extensionOf(
  name: string,
  type: string,
  description: string,
  figureOf: FigureOf,
): IRenderMime.IExtension {
  return {
    id: `vitrail-jupyterlab:${name}`,
    description,
    rendererFactory: {
      safe: true,
      mimeTypes: [type],
      createRenderer: () => new FigureRenderer(type, figureOf),
    },
    // Before image/png, which lies beside it for other viewers.
    rank: 0,
    dataType: "json",
  };
}

const extensions: readonly IRenderMime.IExtension[] = [
  extensionOf(
    "attention",
    attentionType,
    "Draws attention maps that Vitrail kept in a notebook.",
    (data, theme) => AttentionFigure.of(data, theme),
  ),
  extensionOf(
    "hook-tree",
    hookTreeType,
    "Shows trees of hook points that Vitrail kept in a notebook.",
    (data) => HookTreeFigure.of(data),
  ),
  extensionOf(
    "metrics",
    metricsType,
    "Shows tables of metrics that Vitrail kept in a notebook.",
    (data, theme) => MetricsFigure.of(data, theme),
  ),
  extensionOf("plot", plotType, "Draws charts that Vitrail kept in a notebook.", (data, theme) =>
    PlotFigure.of(data, theme),
  ),
  extensionOf(
    "tensor",
    tensorType,
    "Draws captured hook points that Vitrail kept in a notebook.",
    (data, theme) => TensorFigure.of(data, theme),
  ),
];

export default extensions;
