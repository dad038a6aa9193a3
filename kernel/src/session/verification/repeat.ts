import type { Displayable } from "../../display/index.js";
import { printHook } from "../../hooks/printHook.js";
import { CancelledError } from "../cancelled.js";
import type { Session } from "../session.js";
import type { Run } from "../types.js";
import { hooksOf, repeat, type Asked, type Placed } from "./asked.js";
import { compareRuns } from "./compare.js";
import { effectOf } from "./effect.js";
import type { EditEffect, Verification } from "./types.js";
import { valuesOf } from "./values.js";

const isEdit = ({ hook }: Placed) => hook.kind !== "capture";

/**
 * Repeats a run on the session `alone`, and without its edits on its own, and compares. Where there are edits and the run
 * returned no logits, those of all positions are computed on `alone` with and without them: whatever a forward pass changes
 * lies before them. Of several edits each is left out once there.
 */
export async function repeatRun(
  run: Run,
  asked: Asked,
  own: Session,
  alone: Session,
): Promise<Verification & Displayable> {
  for (const name of own.editedParameters) await alone.editParameter(name, await own.parameter(name));
  const { call, saved } = asked;
  const hooks = hooksOf(asked);
  const edits = hooks.filter(isEdit);
  const captures = hooks.filter((each) => !isEdit(each));
  const looksBehind = edits.length > 0 && call.kind === "forward" && run.logits === undefined;
  const onOne = (of: readonly Placed[]) => {
    alone.saved.clear();
    for (const [name, value] of saved) alone.saved.set(name, value);
    return repeat(alone, asked, of, looksBehind);
  };
  const isAll = looksBehind || (call.options.logits ?? "all") === "all";
  const lengths = run.tokens.map((row) => row.length);
  const of = (each: Run) => valuesOf(each, isAll);

  const again = await onOne(hooks);
  if (edits.length === 0) return compareRuns(run, again, isAll, { effect: undefined, edits: [] });
  const returned = new Set(of(run).keys());
  const pairs = [{ edited: of(run), bare: of(await repeat(own, asked, captures, false)) }];
  if (looksBehind) {
    const behind = new Map([...of(again)].filter(([name]) => !returned.has(name)));
    pairs.push({ edited: behind, bare: of(await onOne(captures)) });
  }
  const effect = effectOf(pairs, returned, lengths);
  const leaveOut = async (left: Placed): Promise<EditEffect> => {
    const edit = `${printHook(left.hook)}${left.isPrefix ? " in the prefix" : ""}`;
    if (edits.length === 1) return { edit, effect, failure: undefined };
    const others = hooks.filter((hook) => hook !== left);
    const bare = await unlessFailed(onOne(others), others);
    if (bare instanceof Error) return { edit, effect: undefined, failure: bare.message };
    const pair = { edited: of(again), bare: of(bare) };
    return { edit, effect: effectOf([pair], returned, lengths), failure: undefined };
  };
  const each: EditEffect[] = [];
  for (const edit of edits) each.push(await leaveOut(edit));
  return compareRuns(run, again, isAll, { effect, edits: each });
}

/** A function of the notebook may need what the edit that was left out saves; nothing else may fail. */
async function unlessFailed(run: Promise<Run>, hooks: readonly Placed[]): Promise<Run | Error> {
  const isHost = ({ hook }: Placed) => "change" in hook && hook.change.kind === "host";
  try {
    return await run;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof CancelledError || !hooks.some(isHost)) throw error;
    return error;
  }
}
