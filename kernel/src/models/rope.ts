import { z } from "zod";
import { baseFrequencies, linearFrequencies, llama3Frequencies } from "./rotary.js";
import type { Frequencies } from "./rotary.js";

const scaling = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

/** Config fields that say how positions rotate: `rope_parameters` since transformers 5, before that `rope_theta` and `rope_scaling`. */
export const ropeFields = {
  rope_theta: z.number().positive().optional(),
  rope_scaling: scaling.optional(),
  rope_parameters: scaling.optional(),
};

interface RopeConfig {
  readonly rope_theta?: number | undefined;
  readonly rope_scaling?: z.infer<typeof scaling> | undefined;
  readonly rope_parameters?: z.infer<typeof scaling> | undefined;
}

const known = new Set([
  "rope_type",
  "type",
  "rope_theta",
  "factor",
  "low_freq_factor",
  "high_freq_factor",
  "original_max_position_embeddings",
]);

/**
 * Frequencies for `size` rotating units, or one line naming the scaling that is not supported.
 *
 * @param partial whether the family lets a part of each head's units rotate, as `partialRotary` says
 */
export function ropeFrequencies(
  family: string,
  config: RopeConfig,
  size: number,
  { theta = 10_000, partial = false }: { readonly theta?: number; readonly partial?: boolean } = {},
): Frequencies {
  const settings = { ...config.rope_scaling, ...config.rope_parameters };
  for (const field of Object.keys(settings)) {
    const isPart = field === "partial_rotary_factor" && (partial || settings[field] === 1);
    if (!known.has(field) && !isPart)
      throw new Error(`rotary setting "${field}" (${settings[field]}) is not supported by ${family}`);
  }
  const number = (field: string): number => {
    const value = settings[field];
    if (typeof value !== "number") throw new Error(`rotary setting "${field}" of ${family} is missing`);
    return value;
  };
  const base = baseFrequencies(
    typeof settings["rope_theta"] === "number" ? settings["rope_theta"] : (config.rope_theta ?? theta),
    size,
  );
  const type = settings["rope_type"] ?? settings["type"] ?? "default";
  switch (type) {
    case "default":
      return base;
    case "linear":
      return linearFrequencies(base, number("factor"));
    case "llama3":
      return llama3Frequencies(base, {
        factor: number("factor"),
        lowFactor: number("low_freq_factor"),
        highFactor: number("high_freq_factor"),
        context: number("original_max_position_embeddings"),
      });
    default:
      throw new Error(
        `rotary scaling "${type}" is not supported by ${family}: supported are default, linear, llama3`,
      );
  }
}

/** Share of each head's units that rotate. */
export function partialRotary(config: RopeConfig, otherwise: number): number {
  const value = config.rope_parameters?.["partial_rotary_factor"];
  return typeof value === "number" ? value : otherwise;
}
