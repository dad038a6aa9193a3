/** The user gave a step up. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}

/** A cancelled step that does not end by itself within this time, in milliseconds, is ended with its workers; a large segment of a loaded machine takes seconds. */
export const cancelPatience = 10_000;
