import type { Provenance } from "../../display/payload/provenance.js";
import type { GradientEdit } from "../../hooks/editGradient.js";
import type { Hook } from "../../hooks/hook.js";
import type { Session } from "../session.js";
import type { ReadoutInputs } from "../readout.js";
import { copied } from "./copied.js";
import { FedArrays } from "./fed.js";
import type { Verification } from "./types.js";
import type { Comparable } from "./values.js";

/** Something that a session returned, with what it was asked for, so that it can be repeated. */
export interface Subject extends Moment {
  readonly kind: Verification["kind"];
  readonly provenance: Provenance;
  /** All hooks that acted, lasting ones too. */
  readonly hooks: readonly Placed[];
  /** What came back, as it is now. */
  returned(): Outcome;
  /** Whether there are logits behind what came back, in which an edit can have its only effect. */
  leavesOut(): boolean;
  /**
   * Repeats the call with these hooks and no lasting ones.
   *
   * @param looksBehind what comes back has the logits that the call left out beside the rest
   */
  repeat(session: Session, hooks: readonly Placed[], looksBehind: boolean): Promise<Outcome>;
}

/** What a session was when it was called. */
export interface Moment {
  /** A copy of what hooks had saved before; empty where no function of the notebook was called, which alone reads it. */
  readonly saved: ReadonlyMap<string, unknown>;
  /** Edited parameters as they were. */
  readonly marks: readonly string[];
  /** Arrays that the call was given; hooks have copies of theirs. */
  readonly fed: FedArrays;
}

/**
 * @param hooks all that act in the call, those of its prefix too
 * @param inputs what its readout or loss is given
 */
export function momentOf(
  hooks: readonly (Hook | GradientEdit)[],
  saved: ReadonlyMap<string, unknown>,
  marks: readonly string[],
  inputs?: ReadoutInputs,
): Moment {
  return { saved: hooks.some(callsNotebook) ? copied(saved) : new Map(), marks, fed: new FedArrays(inputs) };
}

/** Whether a hook is a function of the notebook. */
export function callsNotebook(hook: Hook | GradientEdit): boolean {
  return "change" in hook && hook.change.kind === "host";
}

/** A hook of the call or of the prefix that it goes on from. */
export interface Placed {
  readonly hook: Hook | GradientEdit;
  readonly isPrefix: boolean;
}

/** The hooks of a call that goes on from no prefix. */
export function placed(hooks: readonly (Hook | GradientEdit)[] = []): Placed[] {
  return hooks.map((hook) => ({ hook, isPrefix: false }));
}

/** Hooks of values; gradients are in backward passes only. */
export function ofValues(hooks: readonly Placed[]): Hook[] {
  return hooks.map(({ hook }) => hook).filter((hook) => hook.kind !== "editGradient");
}

/** What a call came to, as far as it is compared. */
export interface Outcome {
  readonly values: ReadonlyMap<string, Comparable>;
  /** How many next-token distributions, or tokens, are compared. */
  readonly positions: number;
  /** Next-token logits at each position; undefined where they did not come back at all of them. */
  readonly distributions?: readonly Float32Array[] | undefined;
  /** Id of the likeliest token at each position, −1 where there is none, if it is known without their logits. */
  readonly likeliest?: readonly number[] | undefined;
  /** Of a score: which continuation is likeliest. */
  readonly best?: number | undefined;
}
