import type { AttentionPayload } from "../payload/attention.js";
import { headNumber, scoreNames } from "../payload/attention.js";
import { provenanceLine } from "../payload/words.js";
import { strongest } from "./scores.js";

function strongestLine(payload: AttentionPayload, name: "previous" | "induction"): string[] {
  const list = payload.scores[name];
  if (list === null) return [];
  const heads = strongest(list)
    .slice(0, 3)
    .map(
      (i) =>
        `${payload.layers[Math.floor(i / payload.heads)]}.${headNumber(payload, i % payload.heads)} (${list[i]!.toFixed(2)})`,
    );
  return [
    `strongest ${scoreNames[name].replace(" ", "-")} heads, layer.head (mean weight): ${heads.join(", ")}`,
  ];
}

function sizes({ layers, heads, tokens, row }: AttentionPayload): string {
  const which = row.of === 1 ? "" : `, row ${row.index} of ${row.of}`;
  return `${layers.length} ${layers.length === 1 ? "layer" : "layers"} × ${heads} ${heads === 1 ? "head" : "heads"}, ${tokens.length} ${tokens.length === 1 ? "token" : "tokens"}${which}`;
}

/** What a terminal, a diff or a screen reader gets instead of the picture. */
export function attentionText(payload: AttentionPayload): string {
  const { truncated, overview } = payload;
  const cells = overview.block.shape[2];
  return [
    `attention: ${sizes(payload)}`,
    ...strongestLine(payload, "previous"),
    ...strongestLine(payload, "induction"),
    ...(overview.reducer === "none" ? [] : [`overview: ${overview.from} tokens max-pooled to ${cells}`]),
    ...(truncated === null
      ? []
      : [`kept ${truncated.kept} of ${truncated.of} heads in full: ${truncated.reason}`]),
    provenanceLine(payload.provenance),
  ].join("\n");
}

/** Alternative text of the picture. */
export function attentionAlt(payload: AttentionPayload): string {
  const strongestPrevious = strongestLine(payload, "previous")[0]!;
  return `Attention maps of ${sizes(payload)}; rows are layers, columns are heads; ${strongestPrevious}`;
}
