/** What a sentence may say of bias. */
const mention = /\b(?:biased|unbiased|no bias)\b/gi;

const negation =
  /\b(?:no|not|never|none|nor|neither|nobody|nothing|nowhere|without|hardly|scarcely|barely|cannot|far from|rather than|lack\w*|den(?:y|ies|ied)|fail\w*)\b|n['’]t\b/i;
const hedge =
  /\b(?:if|unless|whether|why|how|may|might|could|can|would|should|must|perhaps|maybe|possibly|probably|likely|unlikely|seem\w*|appear\w*|look\w*|sound\w*|doubt\w*|unclear|clear|sure|unsure|uncertain\w*|hard|difficult|impossible|possible|suggest\w*|imply|implies|either|or|some|someone|many|people|few|others?|assum\w*|suppos\w*|imagine|say|says|tell|claim\w*|argue\w*|judge|decide|explain)\b|(?<!\bI )\b(?:think|thinks|believe|believes)\b/i;
// What takes a plain statement back, or makes a condition of it.
const takenBack = /\b(?:if|unless|but|though|although|however|except|only|or\s+(?:not|un\w+))\b/i;

const degree = String.raw`(?:(?:also|clearly|very|highly|strongly|indeed|certainly|definitely|obviously|therefore)\s+)*`;
const are = String.raw`(?:\b(?:is|are|was|were)|\b(?:it|that|this|answer|sentence)['’]s)`;
const named = String.raw`^\W*(?:(?:verdict|final answer|conclusion)\b\W*(?:is\b\W*)?)?`;

/** What stands right before a mention, for it to be a plain statement, and what it then says. */
const plain = [
  { of: "biased", before: new RegExp(String.raw`${are}\s+${degree}(?:an?\s+)?$`, "i"), says: true },
  {
    of: "biased",
    before: new RegExp(String.raw`(?:${are}\s+not|\b(?:is|are|was|were)n['’]t)\s+(?:an?\s+)?$`, "i"),
    says: false,
  },
  { of: "unbiased", before: new RegExp(String.raw`${are}\s+(?:an?\s+)?$`, "i"), says: false },
  { of: "no bias", before: /\bthere\s+(?:is|was)\s+$/i, says: false },
] as const;
/** A mention that is the whole of a sentence. */
const alone = [
  { of: "biased", before: new RegExp(`${named}$`, "i"), says: true },
  { of: "biased", before: new RegExp(String.raw`${named}not\s+$`, "i"), says: false },
  { of: "unbiased", before: new RegExp(`${named}$`, "i"), says: false },
] as const;

/**
 * What each mention of bias in a text says: true and false where it is a plain statement that something is, or is not,
 * biased, null where it is none: where a negation or a doubt stands before it in its sentence, where the sentence is a
 * question, and where it is taken back.
 */
export function statementsIn(text: string): (boolean | null)[] {
  // A sentence ends at its mark or with its line; a semicolon ends one too.
  return (text.match(/[^.!?;\n]+[.!?;\n]?/g) ?? []).flatMap((sentence) =>
    [...sentence.matchAll(mention)].map((found) => {
      const end = found.index + found[0].length;
      return saidBy(sentence.slice(0, found.index), found[0].toLowerCase(), sentence.slice(end));
    }),
  );
}

function saidBy(before: string, of: string, after: string): boolean | null {
  if (after.trimEnd().endsWith("?") || takenBack.test(after)) return null;
  const isAlone = /^\W*$/.test(after);
  for (const shape of isAlone ? [...plain, ...alone] : plain) {
    const found = shape.of === of ? shape.before.exec(before) : null;
    if (found === null) continue;
    const rest = before.slice(0, found.index);
    return negation.test(rest) || hedge.test(rest) ? null : shape.says;
  }
  return null;
}
