import { capture } from "../../hooks/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { meanOf } from "../statistics/mean.js";

export interface VectorOptions {
  /** A hook point with the axes [batch, position, hidden], such as `layers.5.residual.out`. Default `norm`, the last. */
  readonly point?: string;
  /** The last token's vector, which has read the whole text, or the mean over its tokens. Default `last`. */
  readonly pool?: "last" | "mean";
  /** Texts run at once. Default 16. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

const optionNames: OptionNames<VectorOptions> = { point: true, pool: true, batch: true, signal: true };

/**
 * A vector of every text from a hook point of the model, [text, hidden]: what `associationTest` compares for SEAT (May et
 * al. 2019). Throws as `session.forward` does, and one line for a point of other axes.
 */
export async function textVectors(
  session: Pick<Session, "forward">,
  texts: readonly string[],
  options: VectorOptions = {},
): Promise<number[][]> {
  checkOptions("textVectors", options, optionNames);
  const { point = "norm", pool = "last", batch = 16, signal } = options;
  if (!["last", "mean"].includes(pool)) throw new Error(`pool "${String(pool)}": choose last or mean`);
  if (!Number.isInteger(batch) || batch < 1) throw new RangeError(`batch of ${batch}: must be 1 or more`);
  const vectors: number[][] = [];
  for (let from = 0; from < texts.length; from += batch) {
    const run = await session.forward(texts.slice(from, from + batch), {
      hooks: [capture(point)],
      logits: "none",
      ...(signal === undefined ? {} : { signal }),
    });
    const { data, shape } = run.get(point);
    const [rows, positions, hidden] = shape;
    if (shape.length !== 3 || rows !== run.tokens.length)
      throw new Error(`${point} has shape [${shape.join(", ")}]: vectors need [batch, position, hidden]`);
    for (const [row, tokens] of run.tokens.entries()) {
      const at = (position: number, unit: number) => data[(row * positions! + position) * hidden! + unit]!;
      const places = pool === "last" ? [tokens.length - 1] : [...tokens.keys()];
      vectors.push(
        Array.from({ length: hidden! }, (_, unit) => meanOf(places.map((position) => at(position, unit)))),
      );
    }
  }
  return vectors;
}
