import type { Displayable } from "../../display/index.js";
import { printHook } from "../../hooks/printHook.js";
import { CancelledError } from "../cancelled.js";
import type { Session } from "../session.js";
import { compareOutcomes } from "./compare.js";
import { copied } from "./copied.js";
import { effectOf } from "./effect.js";
import { callsNotebook, type Outcome, type Placed, type Subject } from "./subject.js";
import type { EditEffect, Verification } from "./types.js";

const isEdit = ({ hook }: Placed) => hook.kind !== "capture";

/**
 * Repeats a call on the session `alone`, and without its edits on its own, and compares. Where there are edits and logits did
 * not come back, they are computed on `alone` with and without them: whatever a pass changes lies before them. Of several
 * edits each is left out once there.
 */
export async function repeatCall(
  subject: Subject,
  run: Outcome,
  own: Session,
  alone: Session,
): Promise<Verification & Displayable> {
  for (const name of own.editedParameters) await alone.editParameter(name, await own.parameter(name));
  const { hooks, saved } = subject;
  const edits = hooks.filter(isEdit);
  const captures = hooks.filter((each) => !isEdit(each));
  const looksBehind = edits.length > 0 && subject.leavesOut();
  const onOne = (of: readonly Placed[]) => {
    alone.saved.clear();
    // Hooks may write into what they find, and are called several times.
    for (const [name, value] of copied(saved)) alone.saved.set(name, value);
    return subject.repeat(alone, of, looksBehind);
  };

  const again = await onOne(hooks);
  if (edits.length === 0) return compareOutcomes(subject, run, again, { effect: undefined, edits: [] });
  const returned = new Set(run.values.keys());
  const pairs = [{ edited: run.values, bare: (await subject.repeat(own, captures, false)).values }];
  if (looksBehind) {
    const behind = new Map([...again.values].filter(([name]) => !returned.has(name)));
    pairs.push({ edited: behind, bare: (await onOne(captures)).values });
  }
  const effect = effectOf(pairs, returned);
  const leaveOut = async (left: Placed): Promise<EditEffect> => {
    const edit = `${printHook(left.hook)}${left.isPrefix ? " in the prefix" : ""}`;
    if (edits.length === 1) return { edit, effect, failure: undefined };
    const others = hooks.filter((hook) => hook !== left);
    const bare = await unlessFailed(onOne(others), others);
    if (bare instanceof Error) return { edit, effect: undefined, failure: bare.message };
    const pair = { edited: again.values, bare: bare.values };
    return { edit, effect: effectOf([pair], returned), failure: undefined };
  };
  const each: EditEffect[] = [];
  for (const edit of edits) each.push(await leaveOut(edit));
  return compareOutcomes(subject, run, again, { effect, edits: each });
}

/** A function of the notebook may need what the edit that was left out saves; nothing else may fail. */
async function unlessFailed(run: Promise<Outcome>, hooks: readonly Placed[]): Promise<Outcome | Error> {
  try {
    return await run;
  } catch (error) {
    if (
      !(error instanceof Error) ||
      error instanceof CancelledError ||
      !hooks.some(({ hook }) => callsNotebook(hook))
    )
      throw error;
    return error;
  }
}
