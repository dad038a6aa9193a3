import { z } from "zod";
import { elementCount } from "../graph/rowMajor.js";
import type { Tensor } from "../graph/tensor.js";
import type { PlacedEdit } from "./apply.js";
import { base64Of, withJson, type Intervention } from "./intervention.js";
import { programSchema } from "./program.js";

const integer = z.number().int();
const axis = z.enum(["batch", "position", "query", "key", "head", "unit", "token"]);

const given = z.strictObject({ shape: z.array(integer.nonnegative()), base64: z.string() });

/** A tensor as JSON: base64 of little-endian float32 or int64. */
export const tensorSchema = given.extend({ dtype: z.enum(["f32", "i64"]) });
export type WireTensor = z.infer<typeof tensorSchema>;

/** To JSON. */
export function encodeTensor({ dtype, shape, data }: Tensor): WireTensor {
  return { dtype, shape: [...shape], base64: base64Of(data) };
}

/** From JSON. Throws when a tensor has not the bytes that its shape says. */
export function decodeTensor(name: string, { dtype, shape, base64 }: WireTensor): Tensor {
  const { buffer } = bytesOf(name, shape, base64, dtype === "f32" ? 4 : 8);
  return { dtype, shape, data: dtype === "f32" ? new Float32Array(buffer) : new BigInt64Array(buffer) };
}

function bytesOf(
  name: string,
  shape: readonly number[],
  base64: string,
  width: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  const expected = elementCount(shape) * width;
  if (bytes.length !== expected)
    throw new Error(
      `tensor of shape [${shape.join(", ")}] at ${name} has ${bytes.length} bytes, not ${expected}`,
    );
  return bytes;
}

/** Which entries of one axis are meant. */
export const sliceSchema = z.strictObject({
  axis: integer.nonnegative(),
  entries: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("indices"), indices: z.array(integer) }),
    z.strictObject({ kind: z.literal("range"), from: integer.nullable(), to: integer.nullable() }),
  ]),
});
export type WireSlice = z.infer<typeof sliceSchema>;

const interventions = [
  z.strictObject({ kind: z.literal("zero") }),
  z.strictObject({ kind: z.literal("keep") }),
  z.strictObject({ kind: z.literal("mean"), over: z.array(axis) }),
  z.strictObject({ kind: z.literal("scale"), factor: z.number() }),
  z.strictObject({ kind: z.literal("add"), value: given }),
  z.strictObject({ kind: z.literal("set"), value: given }),
  z.strictObject({ kind: z.literal("project"), direction: given, part: z.enum(["along", "across"]) }),
  z.strictObject({ kind: z.literal("traced"), program: programSchema }),
] as const;

/** An intervention as JSON: tensors are base64 of little-endian float32. */
export const interventionSchema = z.discriminatedUnion("kind", interventions);
type WireIntervention = z.infer<typeof interventionSchema>;

/** An edit as JSON: tensors are base64 of little-endian float32. */
export const editSchema = z.strictObject({
  key: z.string(),
  point: z.string(),
  slices: z.array(sliceSchema),
  intervention: z.discriminatedUnion("kind", [...interventions, z.strictObject({ kind: z.literal("host") })]),
});
export type WireEdit = z.infer<typeof editSchema>;

type Wired = WireEdit["intervention"];

/** To JSON. */
export function encodeEdit({ key, point, slices, intervention: change }: PlacedEdit): WireEdit {
  const wire = ({ shape, data }: { shape: readonly number[]; data: Float32Array }) => ({
    shape: [...shape],
    base64: base64Of(data),
  });
  const wired = (): Wired => {
    switch (change.kind) {
      case "add":
      case "set":
        return { kind: change.kind, value: wire(change.value) };
      case "project":
        return { ...change, direction: wire(change.direction) };
      case "mean":
        return { kind: "mean", over: [...change.over] };
      default:
        return change;
    }
  };
  return { key, point, slices: slices.map((slice) => sliceSchema.parse(slice)), intervention: wired() };
}

/** From JSON. Throws when a tensor has not the bytes that its shape says. */
export function decodeEdit(edit: WireEdit): PlacedEdit {
  const { intervention: change } = edit;
  return { ...edit, intervention: change.kind === "host" ? change : readIntervention(edit.point, change) };
}

/** From JSON. Throws when a tensor has not the bytes that its shape says. */
export function readIntervention(at: string, change: WireIntervention): Intervention {
  const read = ({ shape, base64 }: z.infer<typeof given>) =>
    withJson({ shape, data: new Float32Array(bytesOf(at, shape, base64, 4).buffer) });
  switch (change.kind) {
    case "add":
    case "set":
      return { kind: change.kind, value: read(change.value) };
    case "project":
      return { ...change, direction: read(change.direction) };
    default:
      return change;
  }
}

/** What of an edit is part of the graph: two edits with equal structure run in the same compiled segments. */
export function structureOf({ key, point, slices, intervention: change }: WireEdit): string {
  const axes = slices.map((slice) => slice.axis);
  const shape =
    change.kind === "add" || change.kind === "set"
      ? { kind: change.kind, shape: change.value.shape.map((size) => (size === 1 ? 1 : "n")) }
      : change.kind === "project"
        ? { ...change, direction: change.direction.shape }
        : change.kind === "scale"
          ? { kind: "scale" }
          : change;
  return JSON.stringify([key, point, axes, shape]);
}
