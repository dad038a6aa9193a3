import { likeliest } from "./distributions.js";

/** What a generation keeps of the logits of each step, which it does not return: by row and step. */
export class Chosen {
  /** Id of the likeliest token; −1 where something is not a number. */
  readonly likeliest: number[][];
  /** Logit of the token that was gone on with. */
  readonly logits: number[][];
  readonly #isLikeliest: boolean;

  /** @param isLikeliest whether rows go on with the likeliest tokens */
  constructor(rows: number, isLikeliest: boolean) {
    this.likeliest = Array.from({ length: rows }, () => []);
    this.logits = Array.from({ length: rows }, () => []);
    this.#isLikeliest = isLikeliest;
  }

  add(row: number, id: number, logits: Float32Array): void {
    this.likeliest[row]!.push(this.#isLikeliest ? id : likeliest(logits));
    this.logits[row]!.push(logits[id]!);
  }
}
