/** Canonical hook points inside a decoder layer. What each means is defined in `models/attention.ts` and the architecture's file. */
export const layerPoints = [
  "residual.in",
  "attention.norm.in",
  "attention.norm",
  "attention.in",
  "attention.q.in",
  "attention.k.in",
  "attention.v.in",
  "attention.q",
  "attention.k",
  "attention.v",
  "attention.qRotary",
  "attention.kRotary",
  "attention.scores",
  "attention.pattern",
  "attention.z",
  "attention.output",
  "residual.mid",
  "mlp.norm.in",
  "mlp.norm",
  "mlp.in",
  "mlp.gate.in",
  "mlp.pre",
  "mlp.gate",
  "mlp.up.in",
  "mlp.up",
  "mlp.hidden",
  "mlp.output",
  "residual.out",
] as const;

/** Canonical hook points outside the layers. */
export const modelPoints = [
  "embedding.tokens",
  "embedding.projected",
  "embedding.positions",
  "embedding",
  "norm",
  "logits.in",
  "logits",
] as const;

export type LayerPoint = (typeof layerPoints)[number];
export type ModelPoint = (typeof modelPoints)[number];

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type Tens = 1 | 2 | 3 | 4 | 5 | 6 | 7;
/** Literal, not `${number}`, so that an editor can list them. Deeper layers are plain strings. */
type LayerIndex = "*" | `${Digit}` | `${Tens}${Digit}`;

/** A name or glob of hook points: known names complete in the editor, any other string is allowed. */
export type Selector = ModelPoint | `layers.${LayerIndex}.${LayerPoint}` | "*" | (string & {});
