import { isDeepStrictEqual } from "node:util";
import type { Session } from "../../session/session.js";
import { checkModel } from "../training/goingOn.js";
import { told } from "./course.js";
import type { GridAsked, GridData, GridOptions, GridPoint } from "./gridTypes.js";
import { rowsSha } from "./rows.js";
import { sharedNames } from "./settings.js";
import type { Tuned, TuneOptions } from "./types.js";

export function askedOf(data: GridData, options: GridOptions): GridAsked {
  const names = Object.keys(sharedNames).filter((name) => !["tokens", "signal", "quiet"].includes(name));
  const given = names.map((name) => [name, options[name as keyof GridOptions]] as const);
  const rows = (["train", "validation", "test"] as const).map((part) => [part, rowsSha(data[part])] as const);
  return Object.fromEntries([...given, ...rows].filter(([, value]) => value !== undefined));
}

export const pointName = ({ seed, tokens, learningRate }: GridPoint): string =>
  `seed ${seed}, ${tokens} tokens, learning rate ${learningRate}`;

/** Throws one line where the runs of a grid are not those of the grid to go on from. */
export async function checkFrom(
  session: Session,
  { runs, underWay, asked: before }: NonNullable<GridOptions["from"]>,
  asked: GridAsked,
  points: readonly GridPoint[],
): Promise<void> {
  const all = [...runs, ...(underWay ? [underWay] : [])];
  for (const { tuned } of all) await checkModel(session, tuned.last, told);
  const said = (value: unknown) => (value === undefined ? "its default" : JSON.stringify(value));
  for (const name of new Set([...Object.keys(before), ...Object.keys(asked)])) {
    if (isDeepStrictEqual(before[name], asked[name])) continue;
    throw new Error(
      name in ({ train: 0, validation: 0, test: 0 } satisfies Record<keyof GridData, number>)
        ? `${name} rows that are not those of the grid to go on from: give the same`
        : `${name} ${said(asked[name])} for a grid with ${said(before[name])}: give the same to go on`,
    );
  }
  const names = new Set(points.map(pointName));
  const other = all.find((run) => !names.has(pointName(run)));
  if (other !== undefined)
    throw new Error(`the grid to go on from has a run of ${pointName(other)}, which is not asked for`);
}

/** What makes `tune` end a run of a grid that was interrupted. */
export function endOf(
  { last }: Tuned,
  { epochs = 5, totalEpochs = epochs }: TuneOptions,
): Pick<TuneOptions, "from" | "epochs" | "totalEpochs"> {
  return { from: last, epochs: epochs - last.epochs.length, totalEpochs };
}
