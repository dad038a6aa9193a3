import { concat } from "../../graph/value.js";
import type { Random } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { withLossCurve } from "../lossCurve.js";
import { fit, type FitOptions, type Fitted, type Pass } from "./fit.js";
import { affineMap, type ModuleTensor } from "./modules.js";

export interface TunedLensOptions extends Partial<
  Pick<FitOptions, "steps" | "optimiser" | "schedule" | "clip" | "seed" | "from" | "signal" | "quiet">
> {
  /** Rows of token ids to learn from; texts are made such by `session.tokenizer()`. */
  readonly rows: readonly (readonly number[])[];
  /** Rows of one step. Default 8; drawn anew each step, each from all rows. */
  readonly batch?: number;
  /** Layers whose predictions stand in memory at once. Default 4. */
  readonly layersAtOnce?: number;
  /** The first rows in their order, again and again, instead of drawn ones. Default false. */
  readonly inOrder?: boolean;
}

/** A tuned lens: an affine map for the output of every layer but the last, by point name; for `logitLens`'s `translators`. */
export interface TunedLens extends Omit<Fitted, "modules"> {
  readonly translators: Readonly<Record<string, { readonly A: ModuleTensor; readonly b: ModuleTensor }>>;
}

/**
 * Trains a tuned lens (Belrose et al. 2023) on the live session: for each layer an affine map, beginning as nothing, so that
 * the model's own norm and head read from `x + x Aᵀ + b` what the model itself will predict. The loss is the mean over
 * layers and tokens, padding left out, of KL(model ‖ layer). By default SGD with Nesterov momentum 0.9, learning rate 0.1,
 * weight decay 1e-3, linear decay, clipping at 1, 250 steps of 8 rows.
 */
export async function fitTunedLens(session: Session, options: TunedLensOptions): Promise<TunedLens> {
  const { rows, batch = 8, layersAtOnce = 4, inOrder = false, steps = 250 } = options;
  for (const [name, count] of Object.entries({ batch, layersAtOnce }))
    if (!Number.isInteger(count) || count < 1) throw new Error(`${name} ${count}: must be 1 or more`);
  if (rows.length === 0) throw new Error("no rows to train a tuned lens on");
  const { layers, hidden } = session.dimensions;
  if (layers < 2) throw new Error("a tuned lens reads the layers before the last: this model has one");
  const points = Array.from({ length: layers - 1 }, (_, layer) => `layers.${layer}.residual.out`);
  const chosen = (step: number, random: Random) =>
    Array.from(
      { length: batch },
      (_, i) => rows[inOrder ? (step * batch + i) % rows.length : Math.floor(random() * rows.length)]!,
    );
  const { modules, ...fitted } = await fit(session, {
    ...options,
    modules: Object.fromEntries(points.map((point) => [point, affineMap(hidden)])),
    optimiser: options.optimiser ?? {
      kind: "sgd",
      learningRate: 0.1,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 1e-3,
    },
    schedule: options.schedule ?? { kind: "linear" },
    clip: options.clip ?? 1,
    steps,
    label: "a tuned lens",
    step: (now, step, random) => {
      const input = chosen(step, random);
      return Array.from({ length: Math.ceil(points.length / layersAtOnce) }, (_, chunk) => {
        const own = points.slice(chunk * layersAtOnce, (chunk + 1) * layersAtOnce);
        const trained = Object.fromEntries(own.map((point) => [point, now[point]!]));
        return divergence(input, own, trained, points.length);
      });
    },
  });
  const lens = { ...fitted, translators: modules as TunedLens["translators"] };
  return withLossCurve(lens, "Training of a tuned lens: KL(model ‖ layer)", fitted.losses);
}

/** KL(model ‖ layer), the mean over tokens and over `layers`, of some of the layers. */
function divergence(
  input: readonly (readonly number[])[],
  points: readonly string[],
  trained: NonNullable<Pass["trained"]>,
  layers: number,
): Pass {
  const positions = Math.max(...input.map((row) => row.length));
  const tokens = input.reduce((sum, row) => sum + row.length, 0);
  const shares = new Float32Array(input.length * positions);
  input.forEach((row, r) => shares.fill(1 / (tokens * layers), r * positions, r * positions + row.length));
  return {
    input,
    read: points,
    trained,
    given: { shares: { shape: [input.length, positions], data: shares } },
    loss: ({ logits, captures, trained, given, unembed }) => {
      const read = points.map((point) => {
        const [x, { A, b }] = [captures[point]!, trained[point] as { A: typeof logits; b: typeof logits }];
        return x.add(x.linear(A, b));
      });
      const own = concat(
        points.map(() => logits.logSoftmax()),
        1,
      );
      const seen = unembed(concat(read, 1)).logSoftmax();
      const weights = concat(
        points.map(() => given["shares"]!),
        1,
      );
      return own.exp().mul(own.sub(seen)).sum([2]).mul(weights).sum([0, 1]);
    },
  };
}
