import { join } from "node:path";
import { readJsonObject } from "../../models/checkpoint/json.js";
import type { Model } from "../../models/model.js";
import type { GenerateOptions } from "./types.js";

/** What ends a row. */
export interface Ends {
  readonly ids: ReadonlySet<number>;
  readonly texts: readonly string[];
}

/** The checkpoint's end-of-sequence tokens, by generation_config.json or else config.json, and the user's stops. */
export async function readEnds(
  model: Model,
  { stop = [], forced }: Pick<GenerateOptions, "stop" | "forced">,
): Promise<Ends> {
  const stops = typeof stop === "string" || typeof stop === "number" ? [stop] : stop;
  const { vocabulary } = model.dimensions;
  for (const each of stops) {
    if (each === "") throw new Error("stop text is empty: every row would end at once");
    if (typeof each === "number" && !(Number.isInteger(each) && each >= 0 && each < vocabulary))
      throw new Error(`stop token ${each} is outside the vocabulary: ids are 0 to ${vocabulary - 1}`);
  }
  if (forced !== undefined) {
    if (stops.length > 0) throw new Error("stop and forced: forced rows end with their tokens only");
    return { ids: new Set(), texts: [] };
  }
  const generation = await readJsonObject(join(model.checkpoint.folder, "generation_config.json"));
  const own = generation?.object["eos_token_id"] ?? model.checkpoint.config["eos_token_id"] ?? [];
  const ids = (Array.isArray(own) ? (own as unknown[]) : [own]).map((id) => {
    if (typeof id !== "number") throw new Error(`eos_token_id ${JSON.stringify(own)} is no token id`);
    return id;
  });
  return {
    ids: new Set([...ids, ...stops.filter((each) => typeof each === "number")]),
    texts: stops.filter((each) => typeof each === "string"),
  };
}
