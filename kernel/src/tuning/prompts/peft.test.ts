import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import { loadPrompt, savePrompt } from "./peft.js";

const at = mkdtempSync(join(tmpdir(), "peft-"));
afterAll(() => rmSync(at, { recursive: true }));

const prompt = { tokens: 2, units: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
/** The keys without which peft does not load a prompt either. */
const least = { peft_type: "PROMPT_TUNING", task_type: "CAUSAL_LM", num_virtual_tokens: 2 };

let count = 0;

/** A folder with this config, if there is one, and a tensor of this name, if it has one. */
function folderOf(config: object | undefined, name = "prompt_embeddings"): string {
  const folder = join(at, String(count++));
  mkdirSync(folder);
  if (config !== undefined) writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(config));
  if (name !== "")
    writeSafetensors(join(folder, "adapter_model.safetensors"), [
      { name, shape: [prompt.tokens, prompt.units], data: prompt.data },
    ]);
  return folder;
}

test("a config of three keys is enough, and what it says beside is left alone", async () => {
  expect(await loadPrompt(folderOf(least))).toEqual(prompt);
  const wordy = { ...least, token_dim: 3, num_transformer_submodules: 1, lora_dropout: 0.1, from_later: {} };
  expect(await loadPrompt(folderOf(wordy))).toEqual(prompt);
  expect(await loadPrompt(folderOf({ ...least, token_dim: null, num_transformer_submodules: null }))).toEqual(
    prompt,
  );
  const saved = join(at, "saved");
  savePrompt(saved, prompt, { model: "toy" });
  expect(await loadPrompt(saved)).toEqual(prompt);
});

test.each<[string, string, string]>([
  ["a folder without a config", folderOf(undefined), "has no adapter_config.json: it is no saved prompt"],
  [
    "another kind of adapter",
    folderOf({ ...least, peft_type: "LORA" }),
    "is LORA: only PROMPT_TUNING and VITRAIL_DEEP_PROMPT can be read",
  ],
  [
    "prompts of an encoder and a decoder",
    folderOf({ ...least, num_transformer_submodules: 2 }),
    "has prompts for 2 submodules: only decoders can be run",
  ],
  [
    "another number of tokens",
    folderOf({ ...least, num_virtual_tokens: 5 }),
    "says 5 virtual tokens and holds 2",
  ],
  ["another width", folderOf({ ...least, token_dim: 4 }), "says 4 units a token and holds 3"],
  [
    "a folder without tensors",
    folderOf(least, ""),
    "has no adapter_model.safetensors: save it as safetensors",
  ],
  [
    "tensors of something else",
    folderOf(least, "base_model.lora_A"),
    'adapter_model.safetensors has no "prompt_embeddings" [tokens, units]',
  ],
])("%s is refused in one line", async (_, folder, said) => {
  const refusal = await loadPrompt(folder).then(
    () => "",
    ({ message }: Error) => message,
  );
  expect(refusal).toContain(said);
  expect(refusal).toContain(folder);
  expect(refusal).not.toContain("\n");
});
