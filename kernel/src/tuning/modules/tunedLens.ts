import { checkOptions, type OptionNames } from "../../session/options.js";
import { madeOfRuns } from "../../session/provenance.js";
import type { Random } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { sha256Of } from "../datasets/source.js";
import { withLossCurve } from "../lossCurve.js";
import { divergence } from "./divergence.js";
import { fit, type FitOptions, type Fitted } from "./fit.js";
import { checkIds, holdOut, type Rows } from "./holdOut.js";
import { affineMap, type ModuleTensor } from "./modules.js";
import type { FitPlace } from "./place.js";
import { validationCurve, type ValidationPass } from "./validation.js";

/** Affine maps of a tuned lens by point name, as `logitLens` takes them. */
type LensMaps = Readonly<Record<string, { readonly A: ModuleTensor; readonly b: ModuleTensor }>>;

export interface TunedLensOptions extends Partial<
  Pick<FitOptions, "steps" | "optimiser" | "schedule" | "clip" | "seed" | "totalSteps" | "signal" | "quiet">
> {
  /** Rows of token ids to learn from; texts are made such by `session.tokenizer()`. */
  readonly rows: Rows;
  /**
   * Rows that are not learnt from, by whose loss the translators are chosen: rows of their own, or how many of `rows` the
   * seed splits off. Default: none, and the last translators are kept.
   */
  readonly validation?: Rows | number;
  /** Steps between two looks at the held-out rows. Default 20. */
  readonly validateEvery?: number;
  /** Rows of one step. Default 8; drawn anew each step, each from all rows. */
  readonly batch?: number;
  /** Layers whose predictions stand in memory at once. Default 4. */
  readonly layersAtOnce?: number;
  /** The first rows in their order, again and again, instead of drawn ones. Default false. */
  readonly inOrder?: boolean;
  /** Where an earlier training stood, its `last`: this call goes on as if that had not stopped, and knows the best so far. */
  readonly from?: LensPlace;
}

/** Where the training of a lens stands. */
export interface LensPlace extends FitPlace {
  /** After the last step; `translators` of the lens are the best. */
  readonly modules: LensMaps;
  /** SHA-256 of the rows that it learns from and of those that validate, as JSON. */
  readonly data: { readonly train: string; readonly validation?: string | undefined };
}

/** A tuned lens: an affine map for the output of every layer but the last, by point name; for `logitLens`'s `translators`. */
export interface TunedLens extends Omit<Fitted, "modules" | "last"> {
  /** With validation, those for which its loss was lowest; without, the last. */
  readonly translators: LensMaps;
  /** What to go on from. */
  readonly last: LensPlace;
  /** Which of `rows` were split off, ascending; none where the held-out rows were given, or where there are none. */
  readonly heldOut: readonly number[];
}

const optionNames: OptionNames<TunedLensOptions> = {
  rows: true,
  validation: true,
  validateEvery: true,
  batch: true,
  layersAtOnce: true,
  inOrder: true,
  from: true,
  steps: true,
  optimiser: true,
  schedule: true,
  clip: true,
  seed: true,
  totalSteps: true,
  signal: true,
  quiet: true,
};

/**
 * Trains a tuned lens (Belrose et al. 2023) on the live session: for each layer an affine map, beginning as nothing, so that
 * the model's own norm and head read from `x + x Aᵀ + b` what the model itself will predict. The loss is the mean over
 * layers and tokens, padding left out, of KL(model ‖ layer). By default SGD with Nesterov momentum 0.9, learning rate 0.1,
 * weight decay 1e-3, linear decay, clipping at 1, 250 steps of 8 rows. With held-out rows, their loss is told before the
 * first step, every 20 steps and after the last, and the translators with the lowest are kept.
 *
 * Throws one line, before anything is trained, when a setting does not fit or no row is left to learn from.
 */
export async function fitTunedLens(session: Session, options: TunedLensOptions): Promise<TunedLens> {
  checkOptions("fitTunedLens", options, optionNames);
  const { rows: all, validation, validateEvery, from, ...others } = options;
  const { batch = 8, layersAtOnce = 4, inOrder = false, ...rest } = others;
  const { steps = 250, seed = from?.seed ?? 0 } = rest;
  for (const [name, count] of Object.entries({ batch, layersAtOnce }))
    if (!Number.isInteger(count) || count < 1) throw new Error(`${name} ${count}: must be 1 or more`);
  checkIds("rows", all);
  if (typeof validation !== "number" && validation !== undefined) checkIds("validation", validation);
  if (all.length === 0) throw new Error("no rows to train a tuned lens on");
  const { layers, hidden } = session.dimensions;
  if (layers < 2) throw new Error("a tuned lens reads the layers before the last: this model has one");
  const points = Array.from({ length: layers - 1 }, (_, layer) => `layers.${layer}.residual.out`);
  if (validateEvery !== undefined && validation === undefined)
    throw new Error(`validateEvery ${validateEvery} without validation: give held-out rows, or how many`);
  const { rows, held, heldOut } = holdOut(all, validation, seed);
  const data = { train: rowsSha(rows), ...(held && { validation: rowsSha(held) }) };
  if (from !== undefined) checkData(from, data, seed);
  const chosen = (step: number, random: Random) =>
    Array.from(
      { length: batch },
      (_, i) => rows[inOrder ? (step * batch + i) % rows.length : Math.floor(random() * rows.length)]!,
    );
  const passes = (input: Rows, now: FitOptions["modules"], tokens = countOf(input)): ValidationPass[] =>
    Array.from({ length: Math.ceil(points.length / layersAtOnce) }, (_, chunk) => {
      const own = points.slice(chunk * layersAtOnce, (chunk + 1) * layersAtOnce);
      const trained = Object.fromEntries(own.map((point) => [point, now[point]!]));
      return divergence(input, own, trained, 1 / (tokens * points.length));
    });
  const { modules, last, ...fitted } = await fit(session, {
    ...rest,
    seed,
    steps,
    modules: Object.fromEntries(points.map((point) => [point, affineMap(hidden)])),
    ...(from && { from }),
    optimiser: options.optimiser ?? {
      kind: "sgd",
      learningRate: 0.1,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 1e-3,
    },
    schedule: options.schedule ?? { kind: "linear" },
    clip: options.clip ?? 1,
    label: "a tuned lens",
    step: (now, step, random) => passes(chosen(step, random), now),
    ...(held && {
      validation: {
        ...(validateEvery !== undefined && { every: validateEvery }),
        passes: (now: FitOptions["modules"]) =>
          Array.from({ length: Math.ceil(held.length / batch) }, (_, i) =>
            passes(held.slice(i * batch, (i + 1) * batch), now, countOf(held)),
          ).flat(),
      },
    }),
  });
  const said =
    held &&
    `, validation: ${held.length}${heldOut.length > 0 ? " of them, split off by the seed" : " other rows"}`;
  const call = `fitTunedLens(${all.length} rows${said ?? ""}, ${fitted.losses.length} steps)`;
  const lens = {
    ...fitted,
    translators: modules as LensMaps,
    last: { ...last, modules: last.modules as LensMaps, data },
    heldOut,
    provenance: madeOfRuns(fitted.provenance, call),
  };
  const title = "Training of a tuned lens: KL(model ‖ layer)";
  return withLossCurve(lens, title, fitted.losses, validationCurve(fitted));
}

const rowsSha = (rows: Rows): string => sha256Of(JSON.stringify(rows));

/** Throws one line where rows are not those of the lens to go on from: it would be validated by some that it has learnt. */
function checkData(from: LensPlace, data: LensPlace["data"], seed: number): void {
  if ("translators" in from) throw new Error("from is a whole lens: give its last to go on");
  if (seed !== from.seed)
    throw new Error(`seed ${seed} for a lens of seed ${from.seed}: it goes on with its own`);
  for (const which of ["train", "validation"] as const)
    if (data[which] !== from.data[which])
      throw new Error(
        `rows ${which === "train" ? "to learn from" : "to validate by"} that are not those of the lens to go on from`,
      );
}

const countOf = (rows: Rows): number => rows.reduce((sum, row) => sum + row.length, 0);
