import type { GradientEdit } from "../../hooks/editGradient.js";
import type { Hook } from "../../hooks/hook.js";
import type { BackwardOptions } from "../backward/types.js";
import type { PrefixOrigin } from "../prefix.js";
import type { Session } from "../session.js";
import type { ForwardOptions, Run } from "../types.js";

/** What a run was asked for, so that it can be repeated. */
export interface Asked {
  readonly ids: readonly (readonly number[])[];
  readonly call: AskedForward | AskedBackward;
  /** What hooks had saved before. */
  readonly saved: ReadonlyMap<string, unknown>;
  /** Edited parameters as they were. */
  readonly marks: readonly string[];
}

interface AskedForward {
  readonly kind: "forward";
  /** Its hooks are all that acted, lasting ones too. */
  readonly options: Repeatable<ForwardOptions>;
  /** What the run's prefix was read with. */
  readonly begun: PrefixOrigin | undefined;
}

interface AskedBackward {
  readonly kind: "backward";
  readonly options: Repeatable<BackwardOptions>;
}

type Repeatable<Options> = Omit<Options, "signal" | "groups" | "complement" | "after">;

/** A call's options without what is of that moment alone. */
export function repeatable<Options extends Omit<ForwardOptions, "hooks">>({
  signal: _,
  groups: __,
  complement: ___,
  after: ____,
  ...options
}: Options): Repeatable<Options> {
  return options;
}

/** A hook of the call or of the prefix that it goes on from. */
export interface Placed {
  readonly hook: Hook | GradientEdit;
  readonly isPrefix: boolean;
}

/** All hooks that acted. */
export function hooksOf({ call }: Asked): Placed[] {
  const begun = call.kind === "forward" ? (call.begun?.options.hooks ?? []) : [];
  return [
    ...begun.map((hook) => ({ hook, isPrefix: true })),
    ...(call.options.hooks ?? []).map((hook) => ({ hook, isPrefix: false })),
  ];
}

/**
 * Repeats a call with these hooks and no lasting ones.
 *
 * @param looksBehind a forward pass goes on to the logits of all positions, whatever was asked for
 */
export async function repeat(
  session: Session,
  { ids, call }: Asked,
  hooks: readonly Placed[],
  looksBehind: boolean,
): Promise<Run> {
  const own = hooks.filter(({ isPrefix }) => !isPrefix).map(({ hook }) => hook);
  if (call.kind === "backward") return session.backward(ids, { ...call.options, hooks: own, groups: [] });
  const forward = own.filter((hook) => hook.kind !== "editGradient");
  const options = {
    ...(looksBehind ? toTheEnd(call.options) : call.options),
    hooks: forward,
    groups: [],
  };
  if (call.begun === undefined) return session.forward(ids, options);
  const begun = hooks.filter(({ isPrefix }) => isPrefix).map(({ hook }) => hook);
  const after = await session.prefix(
    call.begun.tokens.map(({ id }) => id),
    { hooks: begun.filter((hook) => hook.kind !== "editGradient"), groups: [] },
  );
  try {
    return await session.forward(ids, { ...options, after });
  } finally {
    after.release();
  }
}

function toTheEnd({ stopAfter: _, ...options }: Repeatable<ForwardOptions>): Repeatable<ForwardOptions> {
  return { ...options, logits: "all" };
}
