/** What transformers' `clean_up_tokenization` joins again, in its order. */
const joined = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

/** A decoded text without the spaces that stood between words and what belongs to them (`clean_up_tokenization_spaces`). */
export function cleanUp(text: string): string {
  return joined.reduce((cleaned, [apart, together]) => cleaned.replaceAll(apart, together), text);
}
