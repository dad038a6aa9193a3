import { z } from "zod";
import type { Hook } from "./hook.js";
import { capture } from "./capture.js";
import { edit } from "./edit.js";
import { editGradient, type GradientEdit } from "./editGradient.js";
import { skip } from "./skip.js";
import type { Steps } from "./steps.js";
import { interventionSchema, readIntervention } from "./wire.js";

const whole = z.number().int().nonnegative();
const steps = z.array(z.union([whole, z.strictObject({ from: whole.optional(), to: whole.optional() })]));
const selector = z.string();
const hook = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("capture"),
    selector,
    when: z.enum(["before", "after"]).optional(),
    steps: steps.optional(),
  }),
  z.strictObject({ kind: z.literal("skip"), selector }),
  z.strictObject({
    kind: z.literal("edit"),
    selector,
    change: interventionSchema,
    steps: steps.optional(),
  }),
  z.strictObject({ kind: z.literal("editGradient"), selector, change: interventionSchema }),
]);

/**
 * A hook from what `JSON.stringify(hook)` wrote: captures, skips, and edits by an intervention, whose tensors are base64 of
 * little-endian float32. Throws one line for what is none; functions cannot be written as JSON.
 */
export function readHook(json: unknown): Hook {
  const data = parsed(json);
  if (data.kind === "editGradient")
    throw new Error(`editGradient "${data.selector}" in this JSON: readGradientEdit reads it`);
  if (data.kind === "skip") return skip(data.selector);
  if (data.kind === "capture")
    return capture(data.selector, { ...(data.when && { when: data.when }), ...stepsOf(data.steps) });
  return edit(data.selector, readIntervention(data.selector, data.change), stepsOf(data.steps));
}

/** An `editGradient` from what `JSON.stringify` wrote of it. Throws one line for anything else. */
export function readGradientEdit(json: unknown): GradientEdit {
  const data = parsed(json);
  if (data.kind !== "editGradient")
    throw new Error(`${data.kind} "${data.selector}" in this JSON: readHook reads it`);
  return editGradient(data.selector, readIntervention(data.selector, data.change));
}

function parsed(json: unknown): z.infer<typeof hook> {
  const kind = (json as { change?: { kind?: unknown } } | null)?.change?.kind;
  if (kind === "function" || kind === "host")
    throw new Error(
      "a hook by a function cannot be read from JSON: write the function down where it is used",
    );
  const read = hook.safeParse(json);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new Error(`no hook in this JSON: ${first?.path.join(".") || "it"}: ${first?.message.toLowerCase()}`);
}

function stepsOf(read: z.infer<typeof steps> | undefined): { steps?: Steps[] } {
  if (read === undefined) return {};
  const spans = read.map((step) =>
    typeof step === "number"
      ? step
      : {
          ...(step.from !== undefined && { from: step.from }),
          ...(step.to !== undefined && { to: step.to }),
        },
  );
  return { steps: spans };
}
