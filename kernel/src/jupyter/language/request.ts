import { z } from "zod";
import type { LanguageRequest, LanguageThreadData } from "./protocol.js";

const id = z.int();
const cell = z.int();
const source = z.string();
const offset = z.int().nonnegative();

/** Requests as they arrive at the thread's border. */
export const requestSchema: z.ZodType<LanguageRequest> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("compile"), id, cell, source }),
  z.object({
    kind: z.literal("settle"),
    id,
    cell,
    kept: z.boolean(),
    reached: z.array(z.string()).optional(),
  }),
  z.object({ kind: z.literal("complete"), id, source, offset }),
  z.object({ kind: z.literal("inspect"), id, source, offset }),
  z.object({ kind: z.literal("isComplete"), id, source }),
  z.object({ kind: z.literal("reset"), id }),
]);

export const threadDataSchema: z.ZodType<LanguageThreadData> = z.object({
  cwd: z.string().min(1),
  kernelPackage: z.string().min(1),
});
