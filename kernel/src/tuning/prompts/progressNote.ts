/** How a tuning stands, as shares: of the epoch's rows so far, and of the validation rows after the epoch before. */
export interface Standing {
  /** From 1 on. */
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validation: number | undefined;
}

/** What stands beside the bar of a tuning: `epoch 2, loss 0.412, training 81.3 %, validation 78.0 %`. */
export function progressNote({ epoch, loss, accuracy, validation }: Standing): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const checked = validation === undefined ? "" : `, validation ${percent(validation)}`;
  return `epoch ${epoch}, loss ${loss.toFixed(3)}, training ${percent(accuracy)}${checked}`;
}
