import { nearest } from "../../graph/nearest.js";
import { quoted } from "../checkpoint/oneLine.js";
import { weightFiles, weightsAmong } from "../checkpoint/weights.js";

/** Small files of a model folder that are read where they are. */
const described = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.json",
  "merges.txt",
  "special_tokens_map.json",
  "added_tokens.json",
];

/** What the tokenizer is converted from when a model publishes nothing that can be read; the error says how. */
const convertible = ["tokenizer.model", "tekken.json", "tiktoken.model"];

/**
 * Which of a model's files are needed to open it: config, tokenizer, and one form of the weights. `weightMap` gives the
 * shards that an index names; it is asked only where there is one. Throws one line naming what is not there.
 */
export async function neededFiles(
  present: readonly string[],
  weightMap: (index: string) => Promise<ReadonlyMap<string, string>>,
): Promise<string[]> {
  if (!present.includes("config.json")) throw new Error("it has no config.json");
  const kind = weightsAmong(present);
  if (kind === undefined) throw new Error(`it has none of ${weightFiles.map(({ name }) => name).join(", ")}`);
  const readable = present.includes("tokenizer.json") || present.includes("vocab.json");
  const small = [...described, ...(readable ? [] : convertible)].filter((name) => present.includes(name));
  if (!kind.index) return [...small, kind.name];

  const shards = [...new Set((await weightMap(kind.name)).values())].sort();
  for (const shard of shards) {
    if (present.includes(shard)) continue;
    const [close] = nearest(shard, present);
    throw new Error(
      `${kind.name} names ${quoted(shard)}, which it does not have: nearest is ${quoted(close ?? "")}`,
    );
  }
  return [...small, kind.name, ...shards];
}
