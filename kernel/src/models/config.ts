import { z } from "zod";
import type { JsonObject } from "./checkpoint/checkpoint.js";

/** Fields of any config that change nothing in the forward pass: bookkeeping, dropout and training, old generation defaults, the code that attention runs by, other programs' notes. */
const inert = new Set(
  `_name_or_path _commit_hash _attn_implementation_autoset architectures auto_map transformers_version torch_dtype dtype
  model_type use_cache return_dict output_hidden_states output_attentions torchscript
  bos_token_id eos_token_id pad_token_id sep_token_id decoder_start_token_id unk_token_id prefix problem_type
  id2label label2id num_labels task_specific_params tokenizer_class finetuning_task chunk_size_feed_forward
  max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p
  typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids
  num_return_sequences output_scores return_dict_in_generate forced_bos_token_id forced_eos_token_id
  remove_invalid_values exponential_decay_length_penalty suppress_tokens begin_suppress_tokens
  initializer_range init_std dropout attention_dropout activation_dropout layerdrop classifier_dropout hidden_dropout
  embd_pdrop attn_pdrop resid_pdrop summary_type summary_use_proj summary_activation summary_proj_to_labels
  summary_first_dropout gradient_checkpointing tf_legacy_loss use_bfloat16 pretraining_tp max_sequence_length
  n_special predict_special_tokens output_past _num_labels
  attention_probs_dropout_prob hidden_dropout_prob custom_pipelines transformers.js_config unsloth_fixed unsloth_version
  attn_implementation _attn_implementation _flash_attn_2_enabled max_seq_len model_max_length`.split(/\s+/),
);

/** What any config may say of itself, as long as it says what every one of these models is: a decoder alone, every layer of which looks back and all the way. */
const stated = {
  // Old versions wrote false by default; transformers computes the same with either.
  is_decoder: z.boolean().optional(),
  is_encoder_decoder: z.literal(false).optional(),
  tie_encoder_decoder: z.literal(false).optional(),
  is_causal: z.literal(true).optional(),
  use_sliding_window: z.literal(false).optional(),
  layer_types: z.array(z.literal("full_attention")).optional(),
};

/**
 * Read a config strictly: `shape` names the fields that the equations use; inert bookkeeping is passed over; any
 * other field that is set is an error, because leaving it out could change the numbers.
 */
export function readConfig<S extends z.ZodRawShape>(
  family: string,
  config: JsonObject,
  shape: S,
): z.infer<z.ZodObject<S>> {
  const part = (isOf: (field: string) => boolean) =>
    Object.fromEntries(Object.entries(config).filter(([field]) => isOf(field)));
  const isStated = (field: string) => Object.hasOwn(stated, field);
  readFields("config field", family, part(isStated), stated);
  const rest = part((field) => !isStated(field) && (Object.hasOwn(shape, field) || !inert.has(field)));
  return readFields("config field", family, rest, shape);
}

/** The fields of `shape`; null is the same as left out. Throws one line naming the first other field, or one whose value is not of the shape. */
export function readFields<S extends z.ZodRawShape>(
  what: string,
  family: string,
  object: Readonly<Record<string, unknown>>,
  shape: S,
): z.infer<z.ZodObject<S>> {
  const set = Object.entries(object).filter(([, value]) => value !== null);
  const other = set.find(([field]) => !Object.hasOwn(shape, field));
  if (other)
    throw new Error(
      `${what} "${other[0]}" (${JSON.stringify(other[1])}) is not supported by ${family}: ` +
        "it is refused because it might change the numbers; if it does not, remove it from config.json",
    );
  const parsed = z.object(shape).safeParse(Object.fromEntries(set));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = String(issue.path[0]);
  const got = field in object ? JSON.stringify(object[field]) : "missing";
  throw new Error(`${what} "${issue.path.join(".")}" (${got}) of ${family}: ${issue.message.toLowerCase()}`);
}

/** A positive whole number. */
export const count = z.int().positive();

/** `value` divided by `parts`, which must be whole. */
export function divide(what: string, value: number, by: string, parts: number): number {
  if (value % parts !== 0) throw new Error(`${what} ${value} is not divisible by ${by} ${parts}`);
  return value / parts;
}
