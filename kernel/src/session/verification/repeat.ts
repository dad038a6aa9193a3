import type { Displayable } from "../../display/index.js";
import type { Prefix, PrefixOrigin } from "../prefix.js";
import type { Session } from "../session.js";
import type { ForwardOptions, Run } from "../types.js";
import { compareRuns, type Verification } from "./compare.js";

/** What a run was asked for, so that it can be repeated. */
export interface Asked {
  readonly ids: readonly (readonly number[])[];
  /** Its hooks are all that acted, lasting ones too. */
  readonly options: Repeatable;
  /** What the run's prefix was read with. */
  readonly begun: PrefixOrigin | undefined;
  /** What hooks had saved before. */
  readonly saved: ReadonlyMap<string, unknown>;
  /** Edited parameters as they were. */
  readonly marks: readonly string[];
}

export type Repeatable = Omit<ForwardOptions, "signal" | "groups" | "complement" | "after">;

/** A call's options without what is of that moment alone. */
export function repeatable({
  signal: _,
  groups: __,
  complement: ___,
  after: ____,
  ...options
}: ForwardOptions): Repeatable {
  return options;
}

/** Repeats a run on the session `alone`, and without its edits on its own, and compares. */
export async function repeatRun(
  run: Run,
  { ids, options, begun, saved }: Asked,
  own: Session,
  alone: Session,
): Promise<Verification & Displayable> {
  for (const name of own.editedParameters) await alone.editParameter(name, await own.parameter(name));
  for (const [name, value] of saved) alone.saved.set(name, value);
  const repeat = async (session: Session, isBare: boolean) => {
    const hooks = (of: ForwardOptions["hooks"] = []) =>
      isBare ? of.filter(({ kind }) => kind === "capture") : of;
    const before = begun && (await again(session, begun, hooks(begun.options.hooks)));
    try {
      const asked = { ...options, hooks: hooks(options.hooks), groups: [] };
      return await session.forward(ids, { ...asked, ...(before && { after: before }) });
    } finally {
      before?.release();
    }
  };
  const all = [...(options.hooks ?? []), ...(begun?.options.hooks ?? [])];
  const isEdited = all.some(({ kind }) => kind !== "capture");
  return compareRuns(
    run,
    await repeat(alone, false),
    isEdited ? await repeat(own, true) : undefined,
    options.logits,
  );
}

function again(
  session: Session,
  { tokens }: PrefixOrigin,
  hooks: NonNullable<ForwardOptions["hooks"]>,
): Promise<Prefix> {
  return session.prefix(
    tokens.map(({ id }) => id),
    { hooks, groups: [] },
  );
}
