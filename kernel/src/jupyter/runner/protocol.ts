import { z } from "zod";

/** What the supervisor tells the runner. `cell` is the number in `cell-N.ts`. */
export const toRunnerSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("execute"),
    cell: z.int(),
    /** The cell as the user wrote it, for excerpts. */
    source: z.string(),
    code: z.string(),
    declares: z.array(z.string()).readonly(),
    isAsync: z.boolean(),
    hasResult: z.boolean(),
    sourceMap: z.string(),
    file: z.string(),
  }),
  /** Cancel what runs; the ladder of `interrupter.ts`. */
  z.object({ kind: z.literal("interrupt") }),
  z.object({ kind: z.literal("input"), id: z.int(), value: z.string() }),
  z.object({ kind: z.literal("inputRefused"), id: z.int(), reason: z.string() }),
]);

export type ToRunner = z.infer<typeof toRunnerSchema>;

const dictionary = z.record(z.string(), z.unknown());
const bundle = z.object({ data: dictionary, metadata: dictionary });

export const failureSchema = z.object({
  ename: z.string(),
  evalue: z.string(),
  traceback: z.array(z.string()),
});

/** How a cell ended other than well; `traceback` is in cell coordinates. */
export type Failure = z.infer<typeof failureSchema>;
export type MimeBundle = z.infer<typeof bundle>;

/** What the runner tells the supervisor. `cell` 0 means: whichever ran last. */
export const fromRunnerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({
    kind: z.literal("stream"),
    cell: z.int(),
    name: z.enum(["stdout", "stderr"]),
    text: z.string(),
  }),
  z.object({
    kind: z.literal("display"),
    cell: z.int(),
    bundle,
    id: z.string().optional(),
    update: z.boolean(),
  }),
  z.object({ kind: z.literal("clear"), cell: z.int(), wait: z.boolean() }),
  z.object({
    kind: z.literal("input"),
    cell: z.int(),
    id: z.int(),
    prompt: z.string(),
    password: z.boolean(),
  }),
  z.object({ kind: z.literal("finished"), cell: z.int(), result: bundle.optional() }),
  /** `reached`: the names that the cell has set. */
  z.object({
    kind: z.literal("failed"),
    cell: z.int(),
    failure: failureSchema,
    reached: z.array(z.string()).readonly(),
  }),
  z.object({ kind: z.literal("sessionOpened"), name: z.string() }),
  z.object({ kind: z.literal("sessionClosed"), name: z.string() }),
]);

export type FromRunner = z.infer<typeof fromRunnerSchema>;

/** What the interrupt thread answers on its own pipe, which works while the main thread loops. */
export const fromInterrupterSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("interrupted") }),
  /** Five terminations were not acknowledged: a native call runs. "interrupted" follows when it returns. */
  z.object({ kind: z.literal("stuck") }),
]);

export type FromInterrupter = z.infer<typeof fromInterrupterSchema>;

/**
 * Written to both standard streams after each cell. Whatever native code printed before it has then been read, because
 * a pipe keeps its order.
 */
export function endMark(nonce: string, cell: number): string {
  return `\u0000${nonce}:${cell}\u0000`;
}
