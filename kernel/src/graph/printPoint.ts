import { placesOf, type HookPoint } from "./point.js";

/** `[batch, head 4, query, key]`: the axes, with sizes where they are the model's own. */
export function printAxes({ axes, shape }: Pick<HookPoint, "axes" | "shape">): string {
  return `[${axes.map((axis, i) => (typeof shape[i] === "number" ? `${axis} ${shape[i]}` : axis)).join(", ")}]`;
}

/**
 * A point with its shape and where it stands in the forward pass, for errors:
 * `layers.0.mlp.in [batch, position, unit 64], between layers.0.mlp.norm and layers.0.mlp.hidden`.
 *
 * @param name the name to print, where it is an alias
 */
export function printPoint(point: HookPoint, points: readonly HookPoint[], name = point.name): string {
  const at = placesOf(points).get(point.name) as number;
  const [before, after] = [points[at - 1], points[at + 1]];
  const order =
    before && after
      ? `, between ${before.name} and ${after.name}`
      : before
        ? `, the last, after ${before.name}`
        : after
          ? `, the first, before ${after.name}`
          : "";
  return `${name} ${printAxes(point)}${order}`;
}

/** The same of the point that has this name or alias, which there must be. */
export function printNamed(name: string, points: readonly HookPoint[]): string {
  const point = points.find((each) => each.name === name || each.aliases.includes(name));
  return printPoint(point as HookPoint, points, name);
}
