import { stridesOf } from "../graph/rowMajor.js";
import type { Captured, Run } from "../session/types.js";

/** What is told apart at a point: each position, each head, each head at each position, or nothing. */
export type PatchedBy = "position" | "head" | "headPosition" | "layer";

/** Throws one line for a word that is none of them. */
export function checkBy(by: PatchedBy): void {
  if (!["position", "head", "headPosition", "layer"].includes(by))
    throw new Error(`patching by "${String(by)}": choose position, head, headPosition or layer`);
}

/** Points that are patched by default. */
export function pointsBy(by: PatchedBy): string {
  return by === "head" || by === "headPosition" ? "layers.*.attention.z" : "layers.*.residual.out";
}

/** How the value [1, …] of a point falls into parts. */
export interface Parts {
  readonly count: number;
  readonly heads: number;
  /** The part that an entry belongs to. */
  of(index: number): number;
}

/** How a point's value falls into parts. Throws one line when it has not the axes. */
export function partsOf({ point, shape }: Captured, by: PatchedBy): Parts {
  const axisOf = (wanted: readonly string[]) => {
    const axis = point.axes.findIndex((each) => wanted.includes(each));
    if (axis < 0)
      throw new Error(`patching by ${by}: ${point.name} [${point.axes.join(", ")}] has no ${wanted[0]} axis`);
    return axis;
  };
  const axes = [
    ...(by === "head" || by === "headPosition" ? [axisOf(["head"])] : []),
    ...(by === "position" || by === "headPosition" ? [axisOf(["position", "query"])] : []),
  ];
  const strides = stridesOf(shape);
  return {
    count: axes.reduce((product, axis) => product * shape[axis]!, 1),
    heads: axes.length === 0 || by === "position" ? 0 : shape[axes[0]!]!,
    of: (index) =>
      axes.reduce(
        (part, axis) => part * shape[axis]! + (Math.floor(index / strides[axis]!) % shape[axis]!),
        0,
      ),
  };
}

/** What each part is called: the corrupt prompt's tokens, with the clean one's where they differ; heads; or both. */
export function columnsOf(
  by: PatchedBy,
  corrupt: Pick<Run, "tokens">,
  clean: Pick<Run, "tokens">,
  heads: number,
): string[] {
  if (by === "layer") return ["all"];
  const tokens = corrupt.tokens[0]!.map(({ text }, i) => {
    const other = clean.tokens[0]![i]!.text;
    return text === other ? `${i} ${text}` : `${i} ${text} → ${other}`;
  });
  if (by === "position") return tokens;
  const each = Array.from({ length: heads }, (_, head) => `${head}`);
  return by === "head" ? each : each.flatMap((head) => tokens.map((token) => `${head} · ${token}`));
}

/** Axes of a heat map of points × parts. */
export function gridAxes(by: PatchedBy, points: readonly string[], columns: readonly string[]) {
  const layers = points.map((name) => /^layers\.(\d+)\./.exec(name)?.[1]);
  const numbered = layers.every((layer) => layer !== undefined);
  return {
    x: { name: by === "headPosition" ? "head · position" : by === "layer" ? "part" : by, labels: columns },
    y: numbered ? { name: "layer", labels: layers as string[] } : { name: "point", labels: points },
  };
}

/** The clean and the corrupt prompt, token by token. Throws one line when they differ in length. */
export function checkLengths(clean: Pick<Run, "tokens">, corrupt: Pick<Run, "tokens">): number[] {
  const ids = corrupt.tokens[0]!.map(({ id }) => id);
  if (clean.tokens[0]!.length !== ids.length)
    throw new Error(
      `clean prompt of ${clean.tokens[0]!.length} tokens, corrupt of ${ids.length}: patching needs as many in both`,
    );
  return ids;
}
