/** What the notebook that a session is used in offers, found under a global symbol so that nothing here knows notebooks. */
export interface NotebookHost {
  /** Aborted when the running cell is interrupted. */
  cellSignal(): AbortSignal | undefined;
  sessionOpened(name: string): void;
  sessionClosed(name: string): void;
}

/** The host, or undefined outside notebooks. */
export function notebookHost(): NotebookHost | undefined {
  return (globalThis as { [key: symbol]: NotebookHost | undefined })[Symbol.for("vitrail.host")];
}

/** Aborted by the user's own signal, or when the running cell is interrupted. */
export function cancelSignal(own: AbortSignal | undefined): AbortSignal | undefined {
  const signals = [own, notebookHost()?.cellSignal()].filter((signal) => signal !== undefined);
  return signals.length === 0 ? undefined : AbortSignal.any(signals);
}
