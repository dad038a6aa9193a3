import { z } from "zod";
import { count, readFields } from "./config.js";
import { baseFrequencies, linearFrequencies, llama3Frequencies } from "./rotary.js";
import type { Frequencies, Rotation } from "./rotary.js";
import { attentionScale, yarn } from "./yarn.js";

const positive = z.number().positive();
const settings = z.record(z.string(), z.unknown());

/** Config fields that say how positions rotate: `rope_parameters` since transformers 5, before that `rope_theta` and `rope_scaling`. */
export const ropeFields = {
  rope_theta: positive.optional(),
  rope_scaling: settings.optional(),
  rope_parameters: settings.optional(),
};

interface RopeConfig {
  /** Longest input, in tokens. */
  readonly max_position_embeddings: number;
  readonly rope_theta?: number | undefined;
  readonly rope_scaling?: z.infer<typeof settings> | undefined;
  readonly rope_parameters?: z.infer<typeof settings> | undefined;
}

/** Share of each head's units that rotate, in a family whose configs say it. */
export const rotatingShare = positive.max(1);

const ofAll = {
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
};
const linear = { ...ofAll, factor: positive };
const llama3 = {
  ...linear,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: count,
};
const yarnFields = {
  ...linear,
  original_max_position_embeddings: count.optional(),
  beta_fast: positive.default(32),
  beta_slow: positive.default(1),
  attention_factor: positive.optional(),
  mscale: z.number().nonnegative().optional(),
  mscale_all_dim: z.number().nonnegative().optional(),
  truncate: z.boolean().default(true),
  // What YaRN's own code reads: it scales by the length of a text where a model was not tuned for one factor.
  finetuned: z.literal(true).optional(),
};

/** Kinds of scaling that depend on more than the config. */
const byLength = ["dynamic", "longrope", "su"];

/**
 * How the rotating units of a head of `headSize` turn; a head's other units do not rotate.
 *
 * Throws one line naming the scaling or the setting that is not supported, a value that makes no sense, or the share of
 * the units that cannot be paired.
 *
 * @param theta the base, where the config says none by the fields of `ropeFields`
 * @param share what the family's own field says of the rotating share; undefined where all units of a family rotate
 */
export function readRotation(
  family: string,
  config: RopeConfig,
  headSize: number,
  { theta = 10_000, share }: { readonly theta?: number; readonly share?: number } = {},
): Rotation {
  if (config.rope_scaling && config.rope_parameters)
    throw new Error(
      `config fields "rope_scaling" and "rope_parameters" of ${family} say the same twice: leave one`,
    );
  const said = config.rope_parameters ?? config.rope_scaling ?? {};
  const part = share === undefined ? z.literal(1).optional() : rotatingShare.optional();
  const read = <S extends z.ZodRawShape>(shape: S) =>
    readFields("rotary setting", family, said, { ...shape, partial_rotary_factor: part });
  const turning = ({ partial_rotary_factor = share ?? 1 }: { partial_rotary_factor?: number | undefined }) =>
    rotatingUnits(family, headSize, partial_rotary_factor);
  const thetaOf = ({ rope_theta = config.rope_theta ?? theta }: { rope_theta?: number | undefined }) =>
    rope_theta;
  const base = (settings: { rope_theta?: number | undefined; partial_rotary_factor?: number | undefined }) =>
    baseFrequencies(thetaOf(settings), turning(settings));
  const unscaled = (frequencies: Frequencies): Rotation => ({ frequencies, scale: 1 });

  const type = said["rope_type"] ?? said["type"] ?? "default";
  switch (type) {
    case "default":
      return unscaled(base(read(ofAll)));
    case "linear": {
      const scaling = read(linear);
      return unscaled(linearFrequencies(base(scaling), scaling.factor));
    }
    case "llama3": {
      const scaling = read(llama3);
      const { low_freq_factor: lowFactor, high_freq_factor: highFactor } = scaling;
      if (highFactor <= lowFactor)
        throw new Error(
          `rotary setting "high_freq_factor" (${highFactor}) of ${family} is not above "low_freq_factor" (${lowFactor})`,
        );
      return unscaled(
        llama3Frequencies(base(scaling), {
          factor: scaling.factor,
          lowFactor,
          highFactor,
          context: scaling.original_max_position_embeddings,
        }),
      );
    }
    case "yarn": {
      const scaling = read(yarnFields);
      const { factor, beta_fast: betaFast, beta_slow: betaSlow, mscale, mscale_all_dim: weight } = scaling;
      if (betaFast < betaSlow)
        throw new Error(
          `rotary setting "beta_fast" (${betaFast}) of ${family} is below "beta_slow" (${betaSlow})`,
        );
      // One of the two weights alone, or 0, says nothing.
      const inferred =
        mscale && weight
          ? attentionScale(factor, mscale) / attentionScale(factor, weight)
          : attentionScale(factor);
      return yarn(base(scaling), thetaOf(scaling), {
        factor,
        context: scaling.original_max_position_embeddings ?? config.max_position_embeddings,
        betaFast,
        betaSlow,
        // transformers takes null for false here, not for left out.
        truncate: said["truncate"] !== null && scaling.truncate,
        attentionFactor: scaling.attention_factor ?? inferred,
      });
    }
    default: {
      const why = byLength.some((kind) => kind === type)
        ? ", since it turns every position by the length of the text"
        : "";
      throw new Error(
        `rotary scaling ${JSON.stringify(type)} is not supported by ${family}${why}: supported are default, linear, llama3, yarn`,
      );
    }
  }
}

/** How many of a head's units rotate: as many as transformers makes of the share, where they can be paired. */
function rotatingUnits(family: string, headSize: number, share: number): number {
  const units = Math.trunc(headSize * share);
  if (units > 0 && units % 2 === 0) return units;
  const which = share === 1 ? "" : ` by the rotary share ${share} ("rotary_pct" or "partial_rotary_factor")`;
  throw new Error(
    `${units} of the ${headSize} units of a head of ${family} rotate${which}: units rotate in pairs, so their count must be even and not 0`,
  );
}
