/** Work that was given up. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
  constructor(work: string) {
    super(`${work} cancelled`);
  }
}
