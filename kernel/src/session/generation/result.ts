import { inspect } from "node:util";
import { displaySymbol, type Bundle } from "../../display/index.js";
import { generationBundle } from "../../display/generation/generation.js";
import type { Provenance } from "../../display/payload/provenance.js";
import type { Token } from "../types.js";
import type { GeneratedRow, Generation, GenerationStep } from "./types.js";

/** What was generated, which knows how to show itself. */
export class FinishedGeneration implements Generation {
  readonly prompts: readonly (readonly Token[])[];
  readonly rows: readonly GeneratedRow[];
  readonly steps: readonly GenerationStep[];
  readonly provenance: Provenance;
  readonly #texts: readonly string[];

  /** @param texts of the prompts */
  constructor(generation: Generation, texts: readonly string[]) {
    this.prompts = generation.prompts;
    this.rows = generation.rows;
    this.steps = generation.steps;
    this.provenance = generation.provenance;
    this.#texts = texts;
  }

  [displaySymbol](): Bundle {
    const rows = this.rows.map(({ text, ended }, i) => ({ prompt: this.#texts[i]!, text, ended }));
    return generationBundle(rows, this.provenance);
  }

  [inspect.custom](): unknown {
    return this[displaySymbol]().data["text/plain"];
  }
}
