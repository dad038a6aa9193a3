/** The user gave a step up. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}
