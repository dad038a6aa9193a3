import { Memo } from "../graph/memo.js";
import { pointOf } from "../graph/point.js";
import { mixesRows } from "../hooks/apply.js";
import { cotangentInput } from "../models/backward.js";
import { readInput } from "../models/readout.js";
import { Cancelled } from "./cancelled.js";
import type { Crew, Step } from "./launch/crew.js";
import type { Outside } from "./launch/handOuts.js";
import { coordinatesOf, type Mesh } from "./mesh.js";
import type { ForwardStep, Handed, ParcelDescriptor } from "./wire/messages.js";
import { requestsOf, requestsText, type PointRequest } from "./wire/requests.js";

/** The parcel that one rank answered with. Whoever takes it over reads or removes it. */
export interface RankResult {
  readonly stage: number;
  readonly dataRank: number;
  readonly tensorRank: number;
  readonly parcel: ParcelDescriptor;
}

/** What the ranks of one stage hand out for a host edit. Whoever takes it over reads or removes the parcels. */
export interface HandedOut {
  readonly key: string;
  readonly results: readonly RankResult[];
  /** How many replicas of how many tensor ranks wait for an answer, each rank for a parcel of its own. */
  readonly ranks: { readonly data: number; readonly tensor: number };
  /** Whether every replica keeps all rows: the first hands out for all, and each waits for the answer. */
  readonly isEverywhere: boolean;
  /** Where the answer's parcels belong: a folder, one on disk for when it is full, and how their names begin. */
  readonly into: { readonly folder: string; readonly overflow: string; readonly label: string };
}

/** Makes a host edit: answers, by replica and tensor rank in C order, with the parcel that it goes on with; none for one that is to change nothing. */
export type HandOut = (value: HandedOut) => Promise<readonly (ParcelDescriptor | undefined)[]>;

interface Journey {
  readonly id: number;
  readonly step: ForwardStep;
  readonly mesh: Mesh;
  /** Layers of each stage. */
  readonly layers: readonly { readonly from: number; readonly to: number }[];
  readonly into: HandedOut["into"];
  readonly handOut: HandOut;
  readonly signal: AbortSignal | undefined;
}

type Edit = ForwardStep["edits"][number];

/**
 * One step through the pipeline: stage after stage, what each hands to others carried there; then, for a gradient,
 * back through the stages as far down as something is asked for.
 */
export async function runStages(crew: Crew, journey: Journey): Promise<RankResult[]> {
  const { id, step, mesh, into, handOut, signal } = journey;
  const { gradient } = step;
  const boundaries = journey.layers.map((_, stage) => boundaryOf(crew, journey, stage));
  const requests = requestsOf(step.requests);
  const held = requestHolders(crew, boundaries.length, step.requests);
  const { last, lowest } = extent(crew, boundaries, step);
  // A readout is of the whole batch, wherever its rows lie.
  const meets =
    step.readout !== undefined ||
    [...step.edits, ...(gradient?.edits ?? [])].some((edit) => isHost(edit) || mixesRows(edit.intervention));
  const isRead = (stage: number) => step.readout?.reads.filter((point) => crew.holds(stage, point)) ?? [];
  const carried: Handed[][] = [];
  const results: RankResult[] = [];

  const ask = async (stage: number, message: (parcels: ParcelDescriptor[]) => Step): Promise<void> => {
    if (signal?.aborted) throw new Cancelled();
    const at = (index: number) => {
      const { data: dataRank, tensor: tensorRank } = coordinatesOf(mesh, index);
      return { stage, dataRank, tensorRank };
    };
    const outside: Outside = (key, parcels) => {
      const told = parcels.flatMap((parcel, index) => (parcel ? [{ ...at(index), parcel }] : []));
      const ranks = { data: mesh.data, tensor: mesh.tensor };
      return handOut({ key, results: told, ranks, isEverywhere: step.cache?.everywhere === true, into });
    };
    const done = await crew.ask(stage, (index) => message(takeFor(carried[index] ?? [], stage)), outside);
    for (const [index, { handed, parcel }] of done.entries()) {
      (carried[index] ??= []).push(...handed);
      if (parcel !== undefined) results.push({ ...at(index), parcel });
    }
  };

  for (let stage = 0; stage <= last; stage++) {
    const differentiates = ({ point }: { point: string }) =>
      gradientHolder(crew, boundaries, pointOf(point)) === stage;
    const wanted = requests.filter((each, index) =>
      isGradient(each) ? differentiates(each) : held[index]!.includes(stage),
    );
    const boundary = boundaries[stage] as readonly string[];
    const goesBack = gradient !== undefined && stage >= lowest;
    const own: ForwardStep = {
      ...step,
      requests: wanted.length === requests.length ? step.requests : requestsText(wanted),
      edits: step.edits.filter(({ point }) => crew.holds(stage, pointOf(point))),
      gradient: goesBack
        ? { ...gradient, edits: gradient.edits.filter(differentiates), boundary: [...boundary] }
        : undefined,
    };
    const reads = isRead(stage).map(readInput);
    const hands: { to: number; names: string[] }[] = [];
    if (stage < last) hands.push({ to: stage + 1, names: ["residual"] });
    if (stage < last && reads.length > 0) hands.push({ to: last, names: reads });
    if (goesBack && stage > lowest) hands.push({ to: stage - 1, names: [cotangentInput("residual")] });
    if (goesBack && stage === last)
      for (let to = lowest; to < last; to++) {
        const names = isRead(to).map((point) => cotangentInput(readInput(point)));
        if (names.length > 0) hands.push({ to, names });
      }
    const waits = goesBack && stage < last;
    await ask(stage, (parcels) => ({ kind: "step", id, step: own, carried: parcels, hands, waits, meets }));
  }
  if (gradient !== undefined)
    for (let stage = last - 1; stage >= lowest; stage--)
      await ask(stage, (parcels) => ({ kind: "backward", id, carried: parcels }));
  return results;
}

/** The last stage that a step needs, and the lowest that its gradient goes back to. Throws for what no rank holds. */
function extent(
  crew: Crew,
  boundaries: readonly (readonly string[])[],
  step: ForwardStep,
): { last: number; lowest: number } {
  const holdersOf = (names: readonly string[]) =>
    names.flatMap((name) => holders(crew, boundaries.length, name));
  const requested = requestHolders(crew, boundaries.length, step.requests).flat();
  holdersOf(step.readout?.reads ?? []);
  const parameters = holdersOf(step.gradient?.parameters ?? []);

  // Every stage adds to the cache, whoever is asked for something; and a host edit acts, whoever reads what it makes.
  const goesThrough = step.cache !== undefined || step.readout !== undefined;
  const acting = holdersOf(step.edits.filter(isHost).map(({ point }) => point));
  const last = goesThrough ? boundaries.length - 1 : Math.max(-1, ...requested, ...acting);

  const differentiated = [
    ...requestsOf(step.requests)
      .filter(isGradient)
      .map(({ point }) => gradientHolder(crew, boundaries, pointOf(point)) as number),
    ...parameters,
    ...holdersOf(step.edits.filter(isTrained).map(({ point }) => point)),
  ];
  return { last, lowest: Math.min(last, ...differentiated) };
}

/** The stages that hold a hook point or a weight. Throws one line for what no rank holds. */
function holders(crew: Crew, stages: number, name: string): number[] {
  const found = Array.from({ length: stages }, (_, stage) => stage).filter((stage) =>
    crew.holds(stage, name),
  );
  if (found.length === 0) throw new Error(`no rank holds "${name}"`);
  return found;
}

const known = new Memo<readonly (readonly number[])[]>(32);

/** The stages that hold the point of each request: the same as long as the workers live. */
function requestHolders(crew: Crew, stages: number, requests: string): readonly (readonly number[])[] {
  return known.of(crew, requests, () =>
    requestsOf(requests).map(({ point }) => holders(crew, stages, pointOf(point))),
  );
}

/**
 * The hook points at which the next stage goes on with the residual as it is handed out: up to where it is edited, they
 * are the same value, and have the same gradient.
 */
function boundaryOf(crew: Crew, { layers, step }: Journey, stage: number): readonly string[] {
  const following = layers.slice(stage + 1);
  const next = following
    .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index))
    .find((layer) => step.skip?.includes(layer) !== true);
  if (following.length === 0 || next === undefined) return [];
  // Where its first layer is skipped, the same points of the next one are meant.
  const names = crew.entry(stage + 1).map((name) => name.replace(/^layers\.\d+\./, `layers.${next}.`));
  const edited = names.findIndex((name) => step.edits.some(({ point }) => point === name));
  return edited < 0 ? names : names.slice(0, edited);
}

/** The stage that knows the complete gradient at a point. */
function gradientHolder(
  crew: Crew,
  boundaries: readonly (readonly string[])[],
  name: string,
): number | undefined {
  const earlier = boundaries.findIndex((names) => names.includes(name));
  if (earlier >= 0) return earlier;
  const own = boundaries.findIndex((_, stage) => crew.holds(stage, name));
  return own < 0 ? undefined : own;
}

function isGradient({ point }: PointRequest): boolean {
  return point.endsWith("@gradient");
}

function isHost({ intervention }: Edit): boolean {
  return intervention.kind === "host";
}

function isTrained({ intervention: change }: Edit): boolean {
  return change.kind === "traced" && change.program.inputs.some(({ name }) => name.startsWith("trained."));
}

function takeFor(carried: Handed[], stage: number): ParcelDescriptor[] {
  const mine = carried.filter(({ to }) => to === stage);
  carried.splice(0, carried.length, ...carried.filter(({ to }) => to !== stage));
  return mine.map(({ parcel }) => parcel);
}
