import { shownAs, table, type Displayable } from "../../display/index.js";
import { printShape } from "../../graph/shape.js";
import { checkNumbers, globMatcher } from "../../hooks/glob.js";
import type { Model } from "../../models/model.js";
import { unknownParameter } from "./unknown.js";

/** One parameter as `session.parameters()` lists it. */
export interface ParameterRow {
  /** Hugging Face name. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Element type in the checkpoint's files, or `i8` where it is quantised. */
  readonly stored: string;
  readonly isEdited: boolean;
}

/** Parameters as rows; shows as a table in notebooks and in the console. */
export type ParameterTable = readonly ParameterRow[] & Displayable;

/** The parameters that a glob chooses, in the order of the forward pass. Throws one line when it chooses none. */
export function parameterTable(model: Model, glob: string, edited: readonly string[]): ParameterTable {
  const matches = globMatcher(glob);
  const names = [...model.parameters.keys()];
  const rows = names.filter(matches).map((name): ParameterRow => {
    const { shape, dtype } = model.parameters.get(name)!;
    return { name, shape, stored: dtype, isEdited: edited.includes(name) };
  });
  if (rows.length === 0) throw unknownParameter(glob, model);
  checkNumbers(glob, names);
  return shownAs(rows, () =>
    table(
      rows,
      [
        { title: "name", value: ({ name }) => name },
        { title: "shape", value: ({ shape }) => printShape(shape) },
        { title: "stored", value: ({ stored }) => stored },
        { title: "edited", value: ({ isEdited }) => (isEdited ? "yes" : "") },
      ],
      `${rows.length} parameters`,
    ),
  );
}
