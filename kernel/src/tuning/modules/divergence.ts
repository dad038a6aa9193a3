import { concat } from "../../graph/value.js";
import type { Rows } from "./holdOut.js";
import type { ValidationPass } from "./validation.js";

/** KL(model ‖ layer), summed over some of the layers and over the tokens, each of which counts as `share`. */
export function divergence(
  input: Rows,
  points: readonly string[],
  trained: NonNullable<ValidationPass["trained"]>,
  share: number,
): ValidationPass {
  const positions = Math.max(...input.map((row) => row.length));
  const shares = new Float32Array(input.length * positions);
  input.forEach((row, r) => shares.fill(share, r * positions, r * positions + row.length));
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
