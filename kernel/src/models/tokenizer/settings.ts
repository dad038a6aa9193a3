import type { JsonObject } from "../checkpoint/checkpoint.js";
import type { AddedToken, TokenValue } from "./addedToken.js";
import type { TokenizerFiles } from "./files.js";
import { readRoles, readToken } from "./roles.js";
import { isOfTransformers } from "./tokenizerClass.js";

/** What the small files beside the vocabulary settle. */
export interface Settings {
  /** Role → token; null where a file says that there is none. */
  readonly named: ReadonlyMap<string, TokenValue | null>;
  /** Special tokens without a role. */
  readonly extra: readonly TokenValue[];
  /** Added tokens in the order of their ids. */
  readonly added: readonly AddedToken[];
  /** Ends to add to a text; undefined where the files do not say. */
  readonly ends: { readonly bos: boolean; readonly eos: boolean } | undefined;
  readonly addPrefixSpace: boolean | undefined;
  readonly legacy: boolean;
  /** Whether spaces before punctuation are taken out of decoded text; transformers passes over it for a BPE. */
  readonly cleansUp: boolean;
}

/** Settings of tokenizer_config.json under which transformers does what is not built here. */
const unsupported = [
  "split_special_tokens",
  "fast_tokenizer_files",
  "model_specific_special_tokens",
  "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output",
];

/** Code of the folder's own is not run; transformers does not run it either, unasked, where it has code for the class. */
function refuseCode(files: TokenizerFiles): void {
  const map = files.settings?.["auto_map"] ?? undefined;
  if (map === undefined) return;
  const isNamed =
    Array.isArray(map) || typeof map !== "object" || (map as JsonObject)["AutoTokenizer"] != null;
  const named = files.settings?.["tokenizer_class"] ?? undefined;
  if (!isNamed || isOfTransformers(files.config.model_type, named === undefined ? undefined : String(named)))
    return;
  throw new Error(
    `tokenizer_config.json auto_map (${JSON.stringify(map)}) of ${files.folder} names code, which is not run: ` +
      'set "tokenizer_class" there to "PreTrainedTokenizerFast" to read tokenizer.json as it is, if that is meant',
  );
}

/** transformers passes over the flag where config.json names the version that wrote it, and else may cut texts by another pattern. */
function refuseOtherPattern(files: TokenizerFiles): void {
  const version = files.config["transformers_version"];
  if (flag(files, "fix_mistral_regex") !== true || (typeof version === "string" && version !== "")) return;
  throw new Error(
    `tokenizer_config.json fix_mistral_regex (true) of ${files.folder} is not supported where config.json has no ` +
      '"transformers_version": set it to false to read tokenizer.json as it is, if that is meant',
  );
}

function flag(files: TokenizerFiles, key: string): boolean | undefined {
  const value = files.settings?.[key] ?? undefined;
  if (value === undefined || typeof value === "boolean") return value;
  throw new Error(`tokenizer_config.json ${key} is neither true nor false: ${JSON.stringify(value)}`);
}

/** Added tokens by id: those that tokenizer_config.json lists, else those of added_tokens.json and tokenizer.json. */
function addedTokens(files: TokenizerFiles, special: ReadonlySet<string>): Map<number, AddedToken> {
  const tokens = new Map<number, AddedToken>();
  const decoder = files.settings?.["added_tokens_decoder"];
  if (decoder !== undefined) {
    if (typeof decoder !== "object" || decoder === null) {
      throw new Error(`tokenizer_config.json added_tokens_decoder is no object: ${JSON.stringify(decoder)}`);
    }
    for (const [id, value] of Object.entries(decoder)) {
      if (!/^\d+$/.test(id))
        throw new Error(`tokenizer_config.json added_tokens_decoder: "${id}" is no token id`);
      tokens.set(Number(id), readToken(`tokenizer_config.json added_tokens_decoder.${id}`, value));
    }
    return tokens;
  }
  for (const [content, id] of Object.entries(files.addedTokens ?? {})) {
    tokens.set(id, readToken("added_tokens.json", { content, special: special.has(content) }));
  }
  for (const { id, ...token } of files.pipeline?.added_tokens ?? []) tokens.set(id, token);
  return tokens;
}

/**
 * Merge tokenizer_config.json, special_tokens_map.json and added_tokens.json as `from_pretrained` of transformers 5.18
 * merges them. `add_bos_token` and `add_eos_token` count only without a tokenizer.json, whose template is final.
 */
export function readSettings(files: TokenizerFiles): Settings {
  for (const key of unsupported) {
    const value = files.settings?.[key];
    if (value !== undefined && value !== null && value !== false) {
      throw new Error(
        `tokenizer_config.json ${key} (${JSON.stringify(value)}) of ${files.folder} is not supported`,
      );
    }
  }
  refuseCode(files);
  refuseOtherPattern(files);
  const { named, extra, special } = readRoles(files);
  const added = addedTokens(files, special);
  const ends = ["add_bos_token", "add_eos_token"].some((key) => files.settings?.[key] !== undefined);
  return {
    named,
    extra,
    added: [...added].sort(([one], [other]) => one - other).map(([, token]) => token),
    ends:
      ends && files.pipeline === undefined
        ? { bos: flag(files, "add_bos_token") ?? false, eos: flag(files, "add_eos_token") ?? false }
        : undefined,
    addPrefixSpace: flag(files, "add_prefix_space"),
    legacy: flag(files, "legacy") ?? false,
    cleansUp: flag(files, "clean_up_tokenization_spaces") ?? false,
  };
}
