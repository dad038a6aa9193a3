import { AsyncLocalStorage } from "node:async_hooks";
import { shownAsTensor } from "../display/index.js";
import type { HandOut, RankResult } from "../engine/stages.js";
import { entriesOf } from "../engine/parcel/entries.js";
import { ParcelWriter } from "../engine/parcel/writer.js";
import { pointNamed, type HookPoint } from "../graph/point.js";
import { checkResult, printCallOf, type HostCall, type HostContext } from "../hooks/hostEdit.js";
import type { Dense } from "../hooks/slice.js";
import { assemble, partAlong } from "./assemble.js";

/** The pass that host edits are made in. */
export interface Pass {
  /** Process of the broker whose workers wait for them: whatever is asked of it while one of them is made waits behind. */
  readonly broker: number;
  readonly step: number;
  readonly lengths: readonly number[];
  readonly saved: Map<string, unknown>;
  readonly trained: HostContext["trained"];
  /** Each ends it. */
  readonly signals: readonly AbortSignal[];
  /** All of the model, in forward order. */
  readonly points: readonly HookPoint[];
}

/** A host edit that the running code works for, or has worked for: what it began may go on when it is over. */
interface Making {
  readonly broker: number;
  isOver: boolean;
}

const making = new AsyncLocalStorage<readonly Making[]>();

/**
 * Throws one line in a host edit of a live session, where a run would wait for the run that waits for the edit, whichever
 * of its clients asks for it.
 */
export function refuseInside(broker: number): void {
  if (making.getStore()?.some((edit) => edit.broker === broker && !edit.isOver) === true)
    throw new Error("a host edit cannot run the session that waits for it: run it before, or after");
}

/**
 * Calls a host edit once, with a whole value of one of these points. Throws what it throws with the hook's name, and one line
 * for another shape.
 */
export type HostCaller = (call: HostCall, x: Dense, points: readonly HookPoint[]) => Promise<Dense>;

/** Calls host edits of one pass. A function runs as the code that asked for the pass, so that what it prints is that cell's. */
export function hostCaller(pass: Omit<Pass, "points">): HostCaller {
  const asCaller = AsyncLocalStorage.snapshot();
  const signal = AbortSignal.any([...pass.signals]);
  const { step, lengths, saved, trained } = pass;
  return async (call, x, points) => {
    const context = { point: call.point, layer: call.layer, step, lengths, saved, trained, signal };
    const edit: Making = { broker: pass.broker, isOver: false };
    let returned: unknown;
    try {
      // A function may keep it, and a cell then show it.
      const input = shownAsTensor({ data: x.data, shape: [...x.shape] }, () => ({ name: call.point }));
      returned = await asCaller(() =>
        making.run([...(making.getStore() ?? []), edit], () => call.function(input, context)),
      );
    } catch (error) {
      throw named(error, printCallOf(call));
    } finally {
      edit.isOver = true;
    }
    const made = checkResult(returned, x, call, points);
    // Nobody would take what is made for a run that is over.
    signal.throwIfAborted();
    return made;
  };
}

/**
 * Makes the host edits of one pass: the parts of a value put together, the function called once, what it returned laid
 * out for the ranks again.
 */
export function hostEdits(hosts: ReadonlyMap<string, HostCall>, pass: Pass): HandOut {
  // Most passes have none, and what follows takes as long as the rest of a small pass's preparation.
  if (hosts.size === 0) return ({ key }) => Promise.reject(new Error(`no host edit ${key} in this pass`));
  const make = hostCaller(pass);
  return async ({ key, results, ranks, isEverywhere, into }) => {
    const call = hosts.get(key);
    if (call === undefined) throw new Error(`no host edit ${key} in this pass`);
    const point = pointNamed(pass.points, call.point) as HookPoint;
    const x = (await assemble(results, () => point)).get(key);
    if (x === undefined) throw new Error(`nothing came for ${printCallOf(call)}`);
    const made = await make(call, x, pass.points);

    const pack = (data: Float32Array, shape: readonly number[]) => {
      const writer = new ParcelWriter(into.folder, into.label, "host", into.overflow);
      try {
        writer.add(key, { dtype: "f32", data, shape });
        return writer.finish();
      } catch (error) {
        writer.discard();
        throw error;
      }
    };
    let row = 0;
    return Array.from({ length: ranks.data }, (_, replica) => {
      const told = results.filter(({ dataRank }) => dataRank === (isEverywhere ? 0 : replica));
      const rows = told[0] && entriesOf(told[0].parcel)[0]?.shape[0];
      if (rows === undefined) return Array.from({ length: ranks.tensor }, () => undefined);
      const own = isEverywhere ? made : partAlong(made, 0, row, (row += rows));
      return unitsOf(own, point, told, ranks.tensor).map((part) => part && pack(part.data, part.shape));
    }).flat();
  };
}

/** What each tensor rank of a replica goes on with: all of it, or as many units as it told. */
function unitsOf(
  own: Dense,
  { partition }: HookPoint,
  told: readonly RankResult[],
  ranks: number,
): (Dense | undefined)[] {
  if (partition.kind !== "split" || ranks === 1) return Array.from({ length: ranks }, () => own);
  const { axis } = partition;
  let from = 0;
  return Array.from({ length: ranks }, (_, rank) => {
    const its = told.find(({ tensorRank }) => tensorRank === rank);
    const held = its && entriesOf(its.parcel)[0]?.shape;
    return held && partAlong(own, axis, from, (from += held[axis] as number));
  });
}

/** The user's own error with the hook's name before its message; what is no error, or cannot be changed, as the cause of one. */
function named(error: unknown, name: string): Error {
  if (!(error instanceof Error)) return new Error(`${name} threw ${String(error)}`, { cause: error });
  const { message, stack } = error;
  if (message.startsWith(name)) return error;
  try {
    Object.defineProperty(error, "message", {
      value: `${name}: ${message}`,
      configurable: true,
      writable: true,
    });
    if (stack !== undefined && message !== "") error.stack = stack.replace(message, () => error.message);
    return error;
  } catch {
    return new Error(`${name}: ${message}`, { cause: error });
  }
}
