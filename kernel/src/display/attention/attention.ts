import { inspect } from "node:util";
import type { Bundle, Displayable } from "../bundle.js";
import { displaySymbol } from "../bundle.js";
import { checkNames } from "../checkNames.js";
import type { AttentionPayload } from "../payload/attention.js";
import { attentionType } from "../payload/attention.js";
import type { AttentionOptions } from "./build.js";
import { buildPayload } from "./build.js";
import type { AttentionRun } from "./patterns.js";
import { findPatterns } from "./patterns.js";
import { attentionPicture } from "./picture.js";
import { attentionAlt, attentionText } from "./words.js";

/** Attention maps ready to be shown: as a cell's last expression, or by `display(…)`. */
export interface AttentionFigure extends Displayable {
  readonly payload: AttentionPayload;
  readonly bundle: Bundle;
}

const optionNames = { layer: true, head: true, row: true, scale: true, budget: true } as const;

/**
 * The attention patterns that a run captured, of one row: an interactive figure of all layers and heads in JupyterLab,
 * the same as a picture and as text elsewhere, all kept in the notebook.
 * Throws one line when the run captured no whole patterns, or when an option names what is not there.
 */
export function attention(run: AttentionRun, options: AttentionOptions = {}): AttentionFigure {
  checkNames("attention", options, optionNames);
  if (typeof run?.captures !== "object")
    throw new Error(
      `attention of ${inspect(run, { depth: 0 })}: give a run that captured attention patterns`,
    );
  const patterns = findPatterns(run, options.row);
  const payload = buildPayload(patterns, run.provenance, options);
  const { png, width, height } = attentionPicture(patterns, payload);
  const text = attentionText(payload);
  const bundle: Bundle = {
    data: {
      [attentionType]: payload,
      "image/png": png.toString("base64"),
      "text/plain": text,
    },
    metadata: { "image/png": { alt: attentionAlt(payload), width, height } },
  };
  const figure = { payload, bundle, [displaySymbol]: () => bundle, [inspect.custom]: () => text };
  return figure;
}
