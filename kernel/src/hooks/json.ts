import { z } from "zod";
import type { Hook } from "./hook.js";
import { capture } from "./capture.js";
import { edit } from "./edit.js";
import { skip } from "./skip.js";
import { interventionSchema, readIntervention } from "./wire.js";

const whole = z.number().int().nonnegative();
const steps = z.array(z.union([whole, z.strictObject({ from: whole.optional(), to: whole.optional() })]));
const selector = z.string();
const hook = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("capture"), selector, when: z.enum(["before", "after"]).optional() }),
  z.strictObject({ kind: z.literal("skip"), selector }),
  z.strictObject({
    kind: z.literal("edit"),
    selector,
    change: interventionSchema,
    steps: steps.optional(),
  }),
]);

/**
 * A hook from what `JSON.stringify(hook)` wrote: captures, skips, and edits by an intervention, whose tensors are base64 of
 * little-endian float32. Throws one line for what is none; functions cannot be written as JSON.
 */
export function readHook(json: unknown): Hook {
  const change = (json as { change?: { kind?: unknown } } | null)?.change?.kind;
  if (change === "function" || change === "host")
    throw new Error(
      "a hook by a function cannot be read from JSON: write the function down where it is used",
    );
  const parsed = hook.safeParse(json);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new Error(
      `no hook in this JSON: ${first?.path.join(".") || "it"}: ${first?.message.toLowerCase()}`,
    );
  }
  const { data } = parsed;
  if (data.kind === "skip") return skip(data.selector);
  if (data.kind === "capture")
    return capture(data.selector, data.when === undefined ? {} : { when: data.when });
  const acts = data.steps?.map((step) =>
    typeof step === "number"
      ? step
      : {
          ...(step.from !== undefined && { from: step.from }),
          ...(step.to !== undefined && { to: step.to }),
        },
  );
  return edit(data.selector, readIntervention(data.selector, data.change), acts && { steps: acts });
}
