import { nearest } from "../../graph/nearest.js";
import { printShape } from "../../graph/shape.js";
import { globMatcher } from "../../hooks/glob.js";
import type { Model } from "../../models/model.js";

/** What to say of a name or glob that chooses no parameter: that it is a buffer, or what is nearest. */
export function unknownParameter(asked: string, { parameters, blueprint }: Model, count = 1): Error {
  const matches = globMatcher(asked);
  const buffer = Object.entries(blueprint.buffers ?? {}).find(([name]) => matches(name));
  if (buffer !== undefined) {
    const [name, value] = buffer;
    return new Error(`no parameter "${asked}": ${name} is a buffer, ${value}`);
  }
  const close = nearest(asked, parameters.keys(), count)
    .map((name) => `${name} ${printShape(parameters.get(name)!.shape)}`)
    .join(", ");
  return new Error(`no parameter "${asked}": nearest ${count === 1 ? "is" : "are"} ${close}`);
}
