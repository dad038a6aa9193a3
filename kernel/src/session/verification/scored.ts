import type { Hook } from "../../hooks/hook.js";
import type { Scores } from "../generation/types.js";
import { ofTokens, perToken } from "./perToken.js";
import { ofValues, placed, type Moment, type Outcome, type Subject } from "./subject.js";

/** Scores of continuations. Whatever an edit does to them is in their log-probabilities. */
export function scored(result: Scores, hooks: readonly Hook[], moment: Moment): Subject {
  return {
    ...moment,
    kind: "score",
    provenance: result.provenance,
    hooks: placed(hooks),
    returned: () => outcomeOf(result),
    leavesOut: () => false,
    repeat: async (session, own) => {
      const continuations = result.scores.map(({ tokens }) => tokens.map(({ id }) => id));
      const prompt = result.prompt.map(({ id }) => id);
      return outcomeOf(await session.score(prompt, continuations, { hooks: ofValues(own), groups: [] }));
    },
  };
}

function outcomeOf({ scores }: Scores): Outcome {
  const rows = scores.map(({ logProbabilities }) => logProbabilities);
  const totals = scores.map(({ total }) => total);
  return {
    values: new Map([
      [ofTokens.score, perToken(rows)],
      ["totals", perToken(totals.map((total) => [total]))],
    ]),
    positions: rows.flat().length,
    best: totals.indexOf(totals.reduce((a, b) => Math.max(a, b), -Infinity)),
  };
}
