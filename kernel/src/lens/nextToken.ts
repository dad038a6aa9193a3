import { concat, type Value } from "../graph/value.js";
import type { ReadoutOptions } from "../session/readout.js";
import type { Run } from "../session/types.js";

/** The token after each [batch, position]. After the last comes the first, and what that gives is not to be told. */
export function followers(tokens: Value): Value {
  const positions = tokens.shape[1] as number;
  const first = tokens.slice(1, 0, 1);
  return positions === 1 ? first : concat([tokens.slice(1, 1, positions), first], 1);
}

/** −log p of the token after each position in nats, [batch, position], worked out where the logits are. */
export const nextLoss: ReadoutOptions = {
  compute: ({ logits, tokens }) => ({
    nextLoss: logits.logSoftmax().pick(followers(tokens).unsqueeze(2)).sum([2]).neg(),
  }),
};

/** What `nextLoss` has read of rows of equal length: by position, the last left out, the mean over rows. */
export function lossByPosition({ readout }: Pick<Run, "readout">): number[] {
  const { data, shape } = readout.get("nextLoss")!;
  const [rows, positions] = shape as [number, number];
  return Array.from({ length: positions - 1 }, (_, position) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[row * positions + position]!;
    return sum / rows;
  });
}
