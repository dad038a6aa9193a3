/** Where a step stands: its number from 1, its learning rate, and the parameter's shape. */
export interface StepPlace {
  readonly step: number;
  readonly learningRate: number;
  readonly shape: readonly number[];
}

/** What a rule remembers of one parameter, by PyTorch's names. */
export type Memory = Readonly<Record<string, Float32Array>>;

/** How one parameter follows its gradient. */
export interface Rule {
  /** Names and shapes of what is remembered of a parameter of this shape; zeros at first. */
  remembers(shape: readonly number[]): Readonly<Record<string, readonly number[]>>;
  /** Change `parameter` and `memory` in place. */
  update(parameter: Float32Array, gradient: Float32Array, memory: Memory, place: StepPlace): void;
}

/** Throws one line for a setting outside [from, below). */
export function checkRange(what: string, value: number, from: number, below: number): void {
  if (!(value >= from && value < below))
    throw new Error(
      `${what} ${value}: must be ${below === Infinity ? `${from} or above` : `from ${from} to below ${below}`}`,
    );
}
