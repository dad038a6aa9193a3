import type { Displayable } from "../../display/index.js";
import type { Checkpoint } from "../../models/checkpoint/checkpoint.js";
import { refuseChanged } from "../../models/checkpoint/fingerprint.js";
import type { Session } from "../session.js";
import { repeatCall } from "./repeat.js";
import type { Subject } from "./subject.js";
import type { Verification } from "./types.js";

/** Every repetition has a session of its own, also when several go on at the same time. */
let verifications = 0;

/**
 * Repeats a call on a session of one process that is there for nothing else, and compares. Throws one line when the
 * parameters, the checkpoint's files or the arrays that it was given are no longer those of the call, and when it returned
 * nothing.
 *
 * @param open as `Session.open`
 * @param now the session that ran it, with its checkpoint and its edited parameters
 */
export async function verifyCall(
  subject: Subject,
  open: typeof Session.open,
  now: { readonly session: Session; readonly checkpoint: Checkpoint; readonly marks: readonly string[] },
): Promise<Verification & Displayable> {
  const { marks } = subject;
  if (marks.join() !== now.marks.join())
    throw new Error(
      `parameters were edited or restored since the run: it read ${marks.join(", ") || "the checkpoint's own"}`,
    );
  await refuseChanged(now.checkpoint);
  subject.fed.refuseChanged();
  const returned = subject.returned();
  if (returned.values.size === 0)
    throw new Error("verify has nothing to compare: the run returned no logits, captures or readout");
  const alone = await open(now.checkpoint.folder, {
    name: `${now.session.name}-verify-${process.pid}-${verifications++}`,
    devices: 1,
    weights: "map",
    idleMinutes: 5,
    quiet: true,
  });
  try {
    return await repeatCall(subject, returned, now.session, alone);
  } finally {
    await alone.close();
  }
}
