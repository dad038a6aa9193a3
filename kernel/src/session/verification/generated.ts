import { beforeEdit } from "../../graph/point.js";
import type { Hook } from "../../hooks/hook.js";
import { actsAt } from "../../hooks/steps.js";
import type { Choosing } from "../generation/generate.js";
import type { GenerateOptions, Generation, GenerationStep } from "../generation/types.js";
import type { Session } from "../session.js";
import type { Chosen } from "./chosen.js";
import { ofTokens, perToken } from "./perToken.js";
import { ofValues, placed, type Moment, type Outcome, type Subject } from "./subject.js";
import type { Comparable } from "./values.js";

/** Generates as `session.generate` does, with these hooks alone, and tells what logits tokens were chosen from. */
export type Generating = (
  session: Session,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
  told: Choosing,
) => Promise<Generation>;

/**
 * A generation. It is repeated on the tokens that it has, since one other token would make all that come after it
 * incomparable.
 */
export function generated(
  generation: Generation,
  hooks: readonly Hook[] | undefined,
  chosen: Chosen,
  generate: Generating,
  moment: Moment,
): Subject {
  const prompts = generation.prompts.map((row) => row.map(({ id }) => id));
  // A hook for steps that did not come would be refused where it is known how many there are.
  const hasActed = (hook: Hook) =>
    hook.kind === "skip" || generation.steps.some((_, step) => actsAt(hook, step));
  return {
    ...moment,
    kind: "generation",
    provenance: generation.provenance,
    hooks: placed(hooks),
    returned: () => {
      const distributions = captured(generation);
      const known = distributions ? { distributions } : { likeliest: chosen.likeliest.flat() };
      return outcomeOf(generation, chosen.logits, known);
    },
    leavesOut: () => captured(generation) === undefined,
    repeat: async (session, hooks, looksBehind) => {
      const forced = generation.rows.map(({ ids }) => ids);
      const lines: Float32Array[][] = forced.map(() => []);
      const options = { forced, hooks: ofValues(hooks).filter(hasActed), stream: false };
      const again = await generate(session, prompts, options, (row, _, logits) => lines[row]!.push(logits));
      const logits = lines.map((row, at) => row.map((line, step) => line[forced[at]![step]!]!));
      const outcome = outcomeOf(again, logits, { distributions: lines.flat() });
      const behind = () => ["next-token logits", allOf(lines)] as const;
      return looksBehind ? { ...outcome, values: new Map([...outcome.values, behind()]) } : outcome;
    },
  };
}

/** @param logits of the tokens, by row */
function outcomeOf(
  { steps }: Generation,
  logits: readonly (readonly number[])[],
  known: Pick<Outcome, "distributions" | "likeliest">,
): Outcome {
  const values = new Map<string, Comparable>([[ofTokens.generation, perToken(logits)]]);
  for (const [step, { tokens, captures }] of steps.entries()) {
    const lengths = tokens.map((row) => row.length);
    for (const [name, { shape, data, axes }] of captures)
      values.set(`${name} at step ${step}`, { shape, data, axes, lengths });
  }
  return { values, positions: logits.flat().length, ...known };
}

/** The logits behind every token, row by row, where all logits were captured at every step. */
function captured({ rows, steps }: Generation): Float32Array[] | undefined {
  const whole = steps.map(wholeLogits);
  if (!whole.every((value) => value !== undefined)) return undefined;
  return rows.flatMap(({ ids }, row) =>
    ids.map((_, step) => {
      const { shape, data } = whole[step]!;
      const [, positions, vocabulary] = shape as [number, number, number];
      // Of a row that has not ended every step but the prompt has one token.
      const last = steps[step]!.tokens[row]!.length - 1;
      const from = (row * positions + last) * vocabulary;
      return data.subarray(from, from + vocabulary);
    }),
  );
}

function wholeLogits({ tokens, captures }: GenerationStep) {
  const positions = Math.max(...tokens.map((row) => row.length));
  return [...captures].find(([name, { point, shape }]) => {
    const size = [tokens.length, positions, point.shape.at(-1)];
    const isWhole = point.name === "logits" && size.every((each, axis) => shape[axis] === each);
    return isWhole && !name.startsWith(beforeEdit(point.name));
  })?.[1];
}

/** [row, step, token], behind the end of a row 0. */
function allOf(rows: readonly (readonly Float32Array[])[]): Comparable {
  const lengths = rows.map((row) => row.length);
  const [steps, vocabulary] = [Math.max(...lengths), rows[0]![0]!.length];
  const data = new Float32Array(rows.length * steps * vocabulary);
  for (const [row, lines] of rows.entries())
    for (const [step, line] of lines.entries()) data.set(line, (row * steps + step) * vocabulary);
  return { shape: [rows.length, steps, vocabulary], data, axes: ["batch", "position", "token"], lengths };
}
