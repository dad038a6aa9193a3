import type { Backward, BackwardOptions } from "../backward/types.js";
import type { PrefixOrigin } from "../prefix.js";
import type { Session } from "../session.js";
import type { ForwardOptions, Run } from "../types.js";
import { rowsOf } from "./distributions.js";
import { ofValues, placed, type Moment, type Outcome, type Placed, type Subject } from "./subject.js";
import { valuesOf } from "./values.js";

type Ids = readonly (readonly number[])[];
type Repeatable<Options> = Omit<Options, "signal" | "groups" | "complement" | "after">;

/** A call's options without what is of that moment alone. */
function repeatable<Options extends Omit<ForwardOptions, "hooks">>({
  signal: _,
  groups: __,
  complement: ___,
  after: ____,
  ...options
}: Options): Repeatable<Options> {
  return options;
}

/**
 * A forward pass.
 *
 * @param begun what its prefix was read with
 */
export function forwardPass(
  run: Run,
  ids: Ids,
  asked: ForwardOptions,
  begun: PrefixOrigin | undefined,
  moment: Moment,
): Subject {
  const options = repeatable(asked);
  const before = (begun?.options.hooks ?? []).map((hook) => ({ hook, isPrefix: true }));
  const again = async (session: Session, hooks: readonly Placed[], looksBehind: boolean): Promise<Run> => {
    const own = {
      ...(looksBehind ? toTheEnd(options) : options),
      hooks: ofValues(hooks.filter(({ isPrefix }) => !isPrefix)),
      groups: [],
    };
    if (begun === undefined) return session.forward(ids, own);
    const after = await session.prefix(
      begun.tokens.map(({ id }) => id),
      { hooks: ofValues(hooks.filter(({ isPrefix }) => isPrefix)), groups: [] },
    );
    try {
      return await session.forward(ids, { ...own, after });
    } finally {
      after.release();
    }
  };
  const isAll = (options.logits ?? "all") === "all";
  return {
    ...moment,
    kind: "forward",
    provenance: run.provenance,
    hooks: [...before, ...placed(options.hooks)],
    returned: () => outcomeOf(run, isAll),
    leavesOut: () => run.logits === undefined,
    repeat: async (session, hooks, looksBehind) =>
      outcomeOf(await again(session, hooks, looksBehind), looksBehind || isAll),
  };
}

export function backwardPass(run: Backward, ids: Ids, asked: BackwardOptions, moment: Moment): Subject {
  const options = repeatable(asked);
  const isAll = (options.logits ?? "all") === "all";
  return {
    ...moment,
    kind: "backward",
    provenance: run.provenance,
    hooks: placed(options.hooks),
    returned: () => outcomeOf(run, isAll),
    leavesOut: () => false,
    repeat: async (session, hooks) => {
      const own = hooks.map(({ hook }) => hook);
      return outcomeOf(await session.backward(ids, { ...options, hooks: own, groups: [] }), isAll);
    },
  };
}

function toTheEnd({ stopAfter: _, ...options }: Repeatable<ForwardOptions>): Repeatable<ForwardOptions> {
  return { ...options, logits: "all" };
}

/** @param isAll whether the logits are those of all positions */
function outcomeOf(run: Run, isAll: boolean): Outcome {
  const distributions =
    run.logits && rowsOf(run.logits, isAll ? run.tokens.map((row) => row.length) : undefined);
  return { values: valuesOf(run, isAll), positions: distributions?.length ?? 0, distributions };
}
