import type { Architecture, Blueprint } from "./architecture.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import { gpt2 } from "./gpt2.js";
import { gptNeoX } from "./gptNeoX.js";
import { llama } from "./llama.js";
import { opt } from "./opt.js";

const architectures: readonly Architecture[] = [opt, llama, gpt2, gptNeoX];

/** The architecture of a config and its equations. Throws one line naming `model_type` when none reads it. */
export function readArchitecture(config: JsonObject): { family: string; blueprint: Blueprint } {
  const type = config["model_type"];
  const found = architectures.find((a) => a.modelTypes.some((name) => name === type));
  if (!found) {
    const known = architectures.flatMap((a) => a.modelTypes).join(", ");
    throw new Error(`config field "model_type" is ${JSON.stringify(type)}: supported are ${known}`);
  }
  return { family: found.family, blueprint: found.read(config) };
}
