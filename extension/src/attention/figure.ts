import { decodeBlock, headPlace, parseAttention, provenanceLine, ramp } from "vitrail/payload";
import type { AttentionPayload, DecodedBlock, Scale, Theme } from "vitrail/payload";
import { Disclosure } from "../disclosure.js";
import { element } from "../element.js";
import { Legend, scaleOf } from "../legend.js";
import type { Ink } from "./drawing.js";
import type { HeadMap } from "./head.js";
import { characterOf, headMap } from "./head.js";
import { Overview } from "./overview.js";
import { headTable, tokenLine, weightTable } from "./tables.js";
import { Zoom } from "./zoom.js";

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

function summaryLine({ layers, heads, tokens, row }: AttentionPayload): string {
  const which = row.of === 1 ? "" : ` · row ${row.index} of ${row.of}`;
  return `${plural(layers.length, "layer")} × ${plural(heads, "head")} · ${plural(tokens.length, "token")}${which}`;
}

/** The attention figure of one payload: overview, one head large, legend, numbers, provenance. Knows no kernel. */
export class AttentionFigure {
  readonly node = element("div", { class: "vt-figure vt-attention" });
  readonly #payload: AttentionPayload;
  readonly #decoded: DecodedBlock;
  readonly #overview: Overview;
  readonly #zoom: Zoom;
  readonly #legend: Legend;
  readonly #title = element("h4", { class: "vt-title" });
  readonly #character = element("span", { class: "vt-character" });
  readonly #status = element("p", { class: "vt-status", role: "status" });
  readonly #weights: Disclosure;
  #map: HeadMap;
  #theme: Theme;
  #scale: Scale;
  #turn = 0;

  /** Checks and decodes a payload. Throws one line when it is not sound. */
  static async of(data: unknown, theme: Theme): Promise<AttentionFigure> {
    const payload = parseAttention(data);
    const decoded = await decodeBlock(payload.overview.block);
    const map = await headMap(payload, decoded, payload.view.layer, payload.view.head);
    return new AttentionFigure(payload, decoded, map, theme);
  }

  private constructor(payload: AttentionPayload, decoded: DecodedBlock, map: HeadMap, theme: Theme) {
    this.#payload = payload;
    this.#decoded = decoded;
    this.#map = map;
    this.#theme = theme;
    this.#scale = payload.view.scale;
    this.#zoom = new Zoom(payload.tokens, (text) => this.#say(text));
    this.#overview = new Overview(payload, decoded, {
      choose: (layer, head) => void this.#choose(layer, head),
      hover: (layer, head) => this.#say(this.#headWords(layer, head)),
      leave: () => this.#say(null),
    });
    this.#legend = new Legend(["linear", "log"], (kind) => {
      this.#scale = scaleOf(payload.view.scale, kind);
      this.#draw();
    });
    this.#weights = new Disclosure("Weights as numbers", () => weightTable(payload.tokens, this.#map));
    const heads = new Disclosure("Heads as numbers", () => headTable(payload));
    this.node.append(
      element(
        "header",
        { class: "vt-header" },
        element("span", { class: "vt-name" }, "Attention"),
        element("span", { class: "vt-summary" }, summaryLine(payload)),
        this.#legend.node,
      ),
      element(
        "div",
        { class: "vt-body" },
        this.#overview.node,
        element(
          "section",
          { class: "vt-zoom", "aria-label": "one head" },
          element("div", { class: "vt-zoom-title" }, this.#title, this.#character),
          this.#zoom.node,
        ),
      ),
      this.#status,
      this.#weights.node,
      heads.node,
      this.#footer(),
    );
    this.#draw();
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#draw();
  }

  #footer(): HTMLElement {
    const { truncated, overview, provenance, tokens } = this.#payload;
    const cells = overview.block.shape[3];
    const notes = [
      overview.reducer === "none" ? null : `Overview: ${overview.from} tokens max-pooled to ${cells}.`,
      truncated && `${truncated.kept} of ${truncated.of} heads are kept in full; ${truncated.reason}.`,
      overview.block.sha256 === undefined || this.#decoded.verified
        ? null
        : "The data's hash was not checked: this page is not a secure context.",
    ].filter((note) => note !== null);
    return element(
      "footer",
      { class: "vt-footer" },
      ...notes.map((note) => element("p", { class: "vt-note" }, note)),
      element("p", { class: "vt-provenance", title: tokenLine(tokens) }, provenanceLine(provenance)),
    );
  }

  #ink(): Ink {
    return { scale: this.#scale, ramp: ramp(this.#theme), causal: this.#payload.causal };
  }

  #draw(): void {
    const ink = this.#ink();
    this.#overview.draw(ink);
    this.#legend.draw(this.#scale, ink.ramp);
    this.#showMap(ink);
  }

  #showMap(ink: Ink): void {
    const { layer, head, exact } = this.#map;
    this.#title.textContent = `Layer ${layer} · head ${head}${exact ? "" : " · pooled"}`;
    this.#character.textContent = this.#characterOf(layer, head) ?? "";
    this.#zoom.show(this.#map, ink);
  }

  #characterOf(layer: number, head: number): string | undefined {
    const { layers, heads, scores } = this.#payload;
    return characterOf(scores, layers.indexOf(layer) * heads + headPlace(this.#payload, head));
  }

  #headWords(layer: number, head: number): string {
    const character = this.#characterOf(layer, head);
    return `layer ${layer} · head ${head}${character === undefined ? "" : ` · ${character}`}`;
  }

  /** The status line keeps its height, so that nothing moves under the pointer. */
  #say(text: string | null): void {
    this.#status.textContent = text ?? "Choose a head in the overview; point at a cell to read its weight.";
  }

  async #choose(layer: number, head: number): Promise<void> {
    const turn = ++this.#turn;
    try {
      const map = await headMap(this.#payload, this.#decoded, layer, head);
      // A slower decoding must not overwrite a later choice.
      if (turn !== this.#turn) return;
      this.#map = map;
      this.#showMap(this.#ink());
      this.#weights.refresh();
      this.#say(this.#headWords(layer, head));
    } catch (error) {
      if (turn === this.#turn) this.#say(error instanceof Error ? error.message : String(error));
    }
  }
}
