import type { TokenValue } from "./addedToken.js";
import type { TokenizerFiles } from "./files.js";
import type { Settings } from "./settings.js";
import type { TokenizerClass } from "./tokenizerClass.js";

/** A `tokenizer.json` as an object. */
export type Definition = Readonly<Record<string, unknown>>;

/** A tokenizer before its added tokens and its template. */
export interface Base {
  readonly definition: Definition;
  /** Roles that the class fills where the files leave them open. */
  readonly defaults: Readonly<Record<string, TokenValue>>;
  /** Whether the class replaces the template of tokenizer.json by `ends`. */
  readonly ownTemplate: boolean;
}

const endOfText = "<|endoftext|>";

/** Vocabulary and merges, whichever file they are in. */
function learnt(files: TokenizerFiles): { vocab: unknown; merges: unknown } {
  if (files.vocabulary !== undefined) return files.vocabulary;
  const { vocab, merges } = files.pipeline!.model;
  if (merges === undefined)
    throw new Error(
      `the vocabulary of ${files.folder} is one of words: set "tokenizer_class" to "PreTrainedTokenizerFast" in tokenizer_config.json`,
    );
  return { vocab, merges: merges.map((pair) => (typeof pair === "string" ? pair.split(" ") : pair)) };
}

function define(files: TokenizerFiles, parts: Definition, model: Definition): Definition {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    ...parts,
    post_processor: files.pipeline?.["post_processor"] ?? null,
    model: { type: "BPE", dropout: null, unk_token: null, ignore_merges: false, ...model, ...learnt(files) },
  };
}

/** GPT-2's byte-level BPE, after a normaliser if there is one, and of texts cut by another pattern if one is given. */
function byteLevel(
  files: TokenizerFiles,
  settings: Settings,
  normalizer: Definition | null,
  pattern?: string,
): Definition {
  const split = { type: "ByteLevel", add_prefix_space: settings.addPrefixSpace ?? false, trim_offsets: true };
  const pretokenizers = [
    { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
    { ...split, use_regex: false },
  ];
  const cut = pattern === undefined ? { ...split, use_regex: true } : { type: "Sequence", pretokenizers };
  const decoder = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };
  return define(
    files,
    { normalizer, pre_tokenizer: cut, decoder },
    { continuing_subword_prefix: "", end_of_word_suffix: "", fuse_unk: false, byte_fallback: false },
  );
}

/** How Qwen 2 cuts texts: as LLaMA 3 does, but digit by digit. */
const qwen2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** SentencePiece's BPE with byte fallback: every space is `▁`, and one more is put before the text. */
function sentencePiece(files: TokenizerFiles, settings: Settings): Definition {
  const prefix = settings.addPrefixSpace ?? true;
  // The legacy kind puts it after every special token in the text too.
  const scheme = !prefix ? "never" : settings.legacy ? "always" : "first";
  const decoders: Definition[] = [
    { type: "Replace", pattern: { String: "▁" }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
  ];
  if (prefix) decoders.push({ type: "Strip", content: " ", start: 1, stop: 0 });
  return define(
    files,
    {
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split: false },
      decoder: { type: "Sequence", decoders },
    },
    { continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true },
  );
}

/** How a vocabulary of one kind can be told from the pieces that every such vocabulary has. */
function isByteLevel(files: TokenizerFiles): boolean {
  const vocab = files.pipeline?.model.vocab ?? {};
  return "Ġ" in vocab && !("▁" in vocab);
}

/**
 * What transformers 5.18 builds for a class. Only the generic class takes tokenizer.json as it is; the others take
 * vocabulary, merges and template from it and make everything else themselves.
 *
 * @throws if the class cannot be made from the files there are.
 */
export function buildBase(kind: TokenizerClass, files: TokenizerFiles, settings: Settings): Base {
  switch (kind) {
    case "GPT2Tokenizer": {
      const defaults = { bos_token: endOfText, eos_token: endOfText, unk_token: endOfText };
      return { definition: byteLevel(files, settings, null), defaults, ownTemplate: false };
    }
    case "GPTNeoXTokenizer": {
      const end = { bos_token: endOfText, eos_token: endOfText, unk_token: endOfText };
      const defaults = { ...end, pad_token: "<|padding|>" };
      return { definition: byteLevel(files, settings, { type: "NFC" }), defaults, ownTemplate: true };
    }
    case "Qwen2Tokenizer": {
      const defaults = { eos_token: endOfText, unk_token: endOfText, pad_token: endOfText };
      return { definition: byteLevel(files, settings, { type: "NFC" }, qwen2), defaults, ownTemplate: false };
    }
    case "LlamaTokenizer": {
      if (files.pipeline === undefined)
        throw new Error(`${kind} needs tokenizer.json, which ${files.folder} lacks`);
      if (isByteLevel(files)) {
        throw new Error(
          `${kind} cannot read the byte-level vocabulary of ${files.folder}: ` +
            `set "tokenizer_class" to "PreTrainedTokenizerFast" in tokenizer_config.json`,
        );
      }
      const pad = files.pipeline.padding?.pad_token;
      const defaults = {
        unk_token: "<unk>",
        bos_token: "<s>",
        eos_token: "</s>",
        ...(pad && { pad_token: pad }),
      };
      return { definition: sentencePiece(files, settings), defaults, ownTemplate: false };
    }
    case "TokenizersBackend": {
      if (files.pipeline === undefined)
        throw new Error(`${kind} needs tokenizer.json, which ${files.folder} lacks`);
      const pad = files.pipeline.padding?.pad_token;
      const definition = { ...files.pipeline, truncation: null, padding: null };
      return { definition, defaults: { ...(pad && { pad_token: pad }) }, ownTemplate: false };
    }
  }
}
