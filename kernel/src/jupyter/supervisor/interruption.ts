/** Milliseconds after which an interrupt thread that says nothing counts as stuck: longer than its whole ladder. */
const patience = 2500;

/** The interrupt of one runner that is under way, if one is. Further requests join it. */
export class Interruption {
  readonly #send: () => void;
  readonly #waiting = new Set<(stopped: boolean) => void>();
  #isUnderWay = false;
  #isTold = false;

  /** @param send tells the runner to climb its ladder */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** Whether the notebook has been told that what runs cannot be stopped yet. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** True when what runs has stopped, or has gone; false when it does not stop for now: it still may by itself. */
  request(): Promise<boolean> {
    const stopped = new Promise<boolean>((resolve) => {
      const answered = (stopped: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(answered);
        resolve(stopped);
      };
      const timer = setTimeout(() => answered(false), patience);
      this.#waiting.add(answered);
    });
    if (!this.#isUnderWay) this.#send();
    this.#isUnderWay = true;
    return stopped;
  }

  /** The ladder's end was reached and what runs goes on. */
  stuck(): void {
    this.#answer(false);
  }

  /** Nothing runs any more, of itself or with its process. */
  stopped(): void {
    this.#isUnderWay = false;
    this.#isTold = false;
    this.#answer(true);
  }

  /** Calls `tell` once in each interrupt that is still under way. */
  tellOnce(tell: () => void): void {
    if (!this.#isUnderWay || this.#isTold) return;
    this.#isTold = true;
    tell();
  }

  #answer(stopped: boolean): void {
    for (const answered of [...this.#waiting]) answered(stopped);
  }
}
