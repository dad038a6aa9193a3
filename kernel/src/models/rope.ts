import { z } from "zod";
import { count, readFields } from "./config.js";
import { baseFrequencies, linearFrequencies, llama3Frequencies } from "./rotary.js";
import type { Frequencies } from "./rotary.js";

const positive = z.number().positive();
const settings = z.record(z.string(), z.unknown());

/** Config fields that say how positions rotate: `rope_parameters` since transformers 5, before that `rope_theta` and `rope_scaling`. */
export const ropeFields = {
  rope_theta: positive.optional(),
  rope_scaling: settings.optional(),
  rope_parameters: settings.optional(),
};

interface RopeConfig {
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

/**
 * Frequencies of the rotating units of a head of `headSize`; a head's other units do not rotate.
 *
 * Throws one line naming the scaling or the setting that is not supported, a value that makes no sense, or the share of
 * the units that cannot be paired.
 *
 * @param theta the base, where the config says none by the fields of `ropeFields`
 * @param share what the family's own field says of the rotating share; undefined where all units of a family rotate
 */
export function ropeFrequencies(
  family: string,
  config: RopeConfig,
  headSize: number,
  { theta = 10_000, share }: { readonly theta?: number; readonly share?: number } = {},
): Frequencies {
  if (config.rope_scaling && config.rope_parameters)
    throw new Error(
      `config fields "rope_scaling" and "rope_parameters" of ${family} say the same twice: leave one`,
    );
  const said = config.rope_parameters ?? config.rope_scaling ?? {};
  const part = share === undefined ? z.literal(1).optional() : rotatingShare.optional();
  const read = <S extends z.ZodRawShape>(shape: S) =>
    readFields("rotary setting", family, said, { ...shape, partial_rotary_factor: part });
  const base = ({
    rope_theta,
    partial_rotary_factor,
  }: {
    rope_theta?: number;
    partial_rotary_factor?: number;
  }) =>
    baseFrequencies(
      rope_theta ?? config.rope_theta ?? theta,
      rotatingUnits(family, headSize, partial_rotary_factor ?? share ?? 1),
    );

  const type = said["rope_type"] ?? said["type"] ?? "default";
  switch (type) {
    case "default":
      return base(read(ofAll));
    case "linear": {
      const scaling = read(linear);
      return linearFrequencies(base(scaling), scaling.factor);
    }
    case "llama3": {
      const scaling = read(llama3);
      const { low_freq_factor: lowFactor, high_freq_factor: highFactor } = scaling;
      if (highFactor <= lowFactor)
        throw new Error(
          `rotary setting "high_freq_factor" (${highFactor}) of ${family} is not above "low_freq_factor" (${lowFactor})`,
        );
      return llama3Frequencies(base(scaling), {
        factor: scaling.factor,
        lowFactor,
        highFactor,
        context: scaling.original_max_position_embeddings,
      });
    }
    default:
      throw new Error(
        `rotary scaling ${JSON.stringify(type)} is not supported by ${family}: supported are default, linear, llama3`,
      );
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
