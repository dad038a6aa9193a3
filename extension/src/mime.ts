import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { attentionType } from "vitrail/payload";
import { AttentionFigure } from "./attention/figure.js";
import { element } from "./element.js";
import { currentTheme, watchTheme } from "./theme.js";

/** Shows an attention payload from the saved notebook alone: no kernel, no trust, no network. */
class AttentionRenderer extends Widget implements IRenderMime.IRenderer {
  #figure: AttentionFigure | undefined;
  #turn = 0;
  readonly #unwatch: () => void;

  constructor() {
    super();
    this.addClass("vt-output");
    this.#unwatch = watchTheme((theme) => this.#figure?.setTheme(theme));
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const turn = ++this.#turn;
    try {
      const figure = await AttentionFigure.of(model.data[attentionType], currentTheme());
      if (turn !== this.#turn || this.isDisposed) return;
      this.#figure = figure;
      // The theme may have changed while the payload was decoded.
      figure.setTheme(currentTheme());
      this.node.replaceChildren(figure.node);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#figure = undefined;
      const message = error instanceof Error ? error.message : String(error);
      this.node.replaceChildren(element("p", { class: "vt-error", role: "alert" }, message));
    }
  }

  override dispose(): void {
    this.#unwatch();
    super.dispose();
  }
}

const extension: IRenderMime.IExtension = {
  id: "vitrail-jupyterlab:attention",
  description: "Draws attention maps that Vitrail kept in a notebook.",
  rendererFactory: {
    safe: true,
    mimeTypes: [attentionType],
    createRenderer: () => new AttentionRenderer(),
  },
  // Before image/png, which lies beside it for other viewers.
  rank: 0,
  dataType: "json",
};

export default extension;
