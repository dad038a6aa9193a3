/**
 * What transformers keeps in modules beside the weights, by name, and how its value is had here. Older files hold some of
 * them; none is read.
 */
export type Buffers = Readonly<Record<string, string>>;

/**
 * Causal masks: transformers computes them now, and stored them once.
 *
 * @param attention path of each layer's attention
 */
export function maskBuffers(attention: readonly string[]): Buffers {
  return Object.fromEntries(
    attention.flatMap((path) => [
      [
        `${path}.bias`,
        "the causal mask, 1 where a query may look, behind which attention.pattern is 0 elsewhere",
      ],
      [
        `${path}.masked_bias`,
        "what older transformers put where a query may not look: attention.pattern is 0 there",
      ],
    ]),
  );
}

/**
 * Rotary frequencies: one table for all layers now, one in each layer's attention once.
 *
 * @param base path of the base model
 * @param attention path of each layer's attention
 */
export function rotaryBuffers(base: string, attention: readonly string[]): Buffers {
  const value =
    "rotary frequencies, computed from the rope settings of config.json: attention.qRotary and attention.kRotary are turned by them";
  return Object.fromEntries(
    [base, ...attention].flatMap((path) =>
      ["inv_freq", "original_inv_freq"].map((name) => [`${path}.rotary_emb.${name}`, value]),
    ),
  );
}
