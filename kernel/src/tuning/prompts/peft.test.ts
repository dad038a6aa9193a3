import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import { loadPrompt, savePrompt } from "./peft.js";
import type { KeptPrompt } from "./saved.js";

const at = mkdtempSync(join(tmpdir(), "peft-"));
afterAll(() => rmSync(at, { recursive: true }));

const prompt = { tokens: 2, units: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
/** The keys without which peft does not load a prompt either. */
const least = { peft_type: "PROMPT_TUNING", task_type: "CAUSAL_LM", num_virtual_tokens: 2 };

const configOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "adapter_config.json"), "utf8")) as object;

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
  expect(await loadPrompt(folderOf(least))).toEqual({ prompt });
  const wordy = { ...least, token_dim: 3, num_transformer_submodules: 1, lora_dropout: 0.1, from_later: {} };
  expect(await loadPrompt(folderOf(wordy))).toEqual({ prompt });
  expect(await loadPrompt(folderOf({ ...least, token_dim: null, num_transformer_submodules: null }))).toEqual(
    {
      prompt,
    },
  );
  const saved = join(at, "saved");
  savePrompt(saved, prompt, { model: "toy" });
  expect(await loadPrompt(saved)).toEqual({ prompt });
  // Of a prompt alone it is not known how it began, and peft's default stands for that.
  expect(configOf(saved)).not.toHaveProperty("prompt_tuning_init");
  expect(readdirSync(saved).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
});

const sha = "0f".repeat(32);
const tuning: KeptPrompt = {
  prompt,
  reading: { words: [" bad", [7, { ids: [3, 9] }]], template: "{text} so", calibrate: ["N/A", [2]] },
  init: { init: "random", deviation: 0.2 },
  data: { train: sha, validation: sha },
  provenance: {
    model: "toy",
    fingerprint: "ab".repeat(32),
    mesh: "one process",
    devices: ["cpu"],
    dtype: "f32",
    seed: 3,
    versions: { vitrail: "0.1.0" },
    call: "tune(2 rows, 2 tokens, 1 steps)",
  },
};

test("what a tuning knows of its prompt comes back, and is gone when another prompt is saved there", async () => {
  const folder = join(at, "tuning");
  savePrompt(folder, { ...tuning, stopped: "epochs" } as KeptPrompt, { model: "toy" });
  expect(await loadPrompt(folder)).toEqual(tuning);
  const note = () => readFileSync(join(folder, "vitrail_prompt.json"), "utf8");
  const text = note();
  savePrompt(folder, await loadPrompt(folder), { model: "toy" });
  expect(note()).toBe(text);
  // Each part may be unknown.
  for (const name of ["reading", "init", "data", "provenance"] as const) {
    const less = Object.fromEntries(
      Object.entries(tuning).filter(([each]) => each !== name),
    ) as unknown as KeptPrompt;
    savePrompt(folder, less, { model: "toy" });
    expect(await loadPrompt(folder)).toEqual(less);
  }
  const deep = { ...prompt, deep: { units: 3, data: Float32Array.of(6, 5, 4, 3, 2, 1) } };
  savePrompt(folder, { ...tuning, prompt: deep }, { model: "toy" });
  expect(await loadPrompt(folder)).toEqual({ ...tuning, prompt: deep });
  savePrompt(folder, prompt, { model: "toy" });
  expect(await loadPrompt(folder)).toEqual({ prompt });
});

test.each([
  [{ init: "vocab" }, { prompt_tuning_init: "SAMPLE_VOCAB" }],
  [{ init: "random" }, { prompt_tuning_init: "RANDOM" }],
  [
    { init: "text", text: "say so" },
    { prompt_tuning_init: "TEXT", prompt_tuning_init_text: "say so", tokenizer_name_or_path: "toy" },
  ],
] as const)("how it began, %o, is said in peft's words, and read from them", async (init, said) => {
  const folder = join(at, init.init);
  savePrompt(folder, { prompt, init }, { model: "toy" });
  expect(configOf(folder)).toMatchObject(said);
  expect(await loadPrompt(folder)).toEqual({ prompt, init });
  rmSync(join(folder, "vitrail_prompt.json"));
  expect(await loadPrompt(folder)).toEqual({ prompt, init });
});

test("a note that is none, or of another prompt, is refused in one line", async () => {
  const folder = join(at, "noted");
  savePrompt(folder, tuning, { model: "toy" });
  const path = join(folder, "vitrail_prompt.json");
  const text = readFileSync(path, "utf8");
  const refused = async (change: (note: Record<string, unknown>) => unknown, said: string) => {
    writeFileSync(path, JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)));
    const message = await loadPrompt(folder).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toContain(`${path} ${said}`);
    expect(message).not.toContain("\n");
  };
  await refused((note) => ({ ...note, reading: { words: [1.5] } }), "at reading.words.0: invalid input");
  await refused((note) => ({ ...note, init: { init: "zero" } }), "at init.init: invalid option");
  await refused((note) => ({ ...note, data: { train: "12" } }), "at data.train: invalid");
  await refused(() => [], "holds no json object at its top");
  writeFileSync(path, text);
  writeSafetensors(join(folder, "adapter_model.safetensors"), [
    { name: "prompt_embeddings", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 7) },
  ]);
  await refused((note) => note, "was written with another prompt than the one beside it");
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
