import * as z from "zod/mini";

export const count = z.int().check(z.nonnegative());
export const size = z.int().check(z.positive());
export const number = z.number();

export const scale = z.object({ kind: z.enum(["linear", "log", "asinh"]), lo: number, hi: number });

export const block = z.object({
  dtype: z.enum(["u8", "f16", "f32"]),
  shape: z.array(size).check(z.minLength(1), z.maxLength(8)),
  order: z.literal("C"),
  endian: z.literal("little"),
  encoding: z.enum(["base64", "gzip+base64"]),
  scale,
  sha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  data: z.string(),
});

export const provenance = z.object({
  model: z.string(),
  fingerprint: z.string(),
  mesh: z.string(),
  devices: z.array(z.string()),
  dtype: z.string(),
  seed: z.nullable(number),
  versions: z.record(z.string(), z.string()),
  edited: z.optional(z.array(z.string())),
  tokens: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  call: z.string(),
});

/** The first issue as one line: where, and what was expected there. */
export function checked<T>(what: string, schema: z.ZodMiniType<T>, value: unknown): T {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const where = issue.path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("");
  const message = issue.message.replace(/\s+/g, " ");
  throw new TypeError(`${what}${where}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
}

export function expectShape(what: string, found: readonly number[], wanted: readonly number[]): void {
  if (found.length !== wanted.length || found.some((size, i) => size !== wanted[i]))
    throw new RangeError(`${what} has shape [${found.join(", ")}], the payload needs [${wanted.join(", ")}]`);
}
