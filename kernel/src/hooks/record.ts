import { printPoint } from "../graph/printPoint.js";
import { printShape } from "../graph/shape.js";
import { validShape } from "./apply.js";
import type { Traced } from "./edit.js";
import { record, type Program } from "./program.js";
import { checkGraphValue } from "./returned.js";
import type { Selection } from "./selector.js";
import { trainedInput } from "./trained.js";

/**
 * A traced function at a point, its module's tensors read under the names they are fed by. Throws one line when it
 * returns another shape.
 *
 * @param keepsKeys whether keys of other passes are kept: attention then has other keys than positions
 */
export function recordEdit(
  { point, points }: Pick<Selection, "point" | "points">,
  { function: f, module }: Traced,
  keepsKeys: boolean | undefined = false,
): Program {
  const what = `traced function at ${printPoint(point, points)}`;
  const shape = point.shape.map((size, axis) => (keepsKeys && point.axes[axis] === "key" ? "key" : size));
  const tensors = Object.entries(module?.tensors ?? {}).map(
    ([tensor, { shape }]) => [tensor, trainedInput(module!.name, tensor), shape] as const,
  );
  const inputs = {
    x: { dtype: "f32", shape },
    valid: { dtype: "f32", shape: validShape(shape, point.axes) },
    ...Object.fromEntries(tensors.map(([, name, shape]) => [name, { dtype: "f32", shape } as const])),
  } as const;
  return record(what, inputs, (values) => {
    const own = Object.fromEntries(tensors.map(([tensor, name]) => [tensor, values[name]!]));
    const y = written(what, () => f(values["x"]!, own, { valid: values["valid"]! }));
    checkGraphValue(`${what}, returns`, y, `f32 ${printShape(shape)}`);
    if (y.dtype !== "f32" || printShape(y.shape) !== printShape(shape)) {
      throw new Error(
        `${what}, returns ${y.dtype} ${printShape(y.shape)}: it must be f32 ${printShape(shape)}`,
      );
    }
    return { y };
  });
}

/** What a function throws while it is written down, with its place. */
function written<T>(what: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
