import { expect, test } from "vitest";
import { classify } from "../classification/classify.js";
import { classifySuite } from "../classification/byPrompt.js";
import { plantedPrompt } from "../planted/prompt.js";
import { plantedSuite } from "../planted/suite.js";
import { attentionOnTerms, gapByLayer, gapGradient, patchTerms } from "../index.js";

/** Nothing may be asked of it. */
const session = new Proxy(
  {},
  {
    get: (_, name) => {
      throw new Error(`the session was asked for ${String(name)}`);
    },
  },
) as never;
/** It may be asked what it is made of, and for nothing to run. */
const sized = new Proxy({ dimensions: { vocabulary: 9, maxPositions: 64 }, hookPoints: () => [] } as object, {
  get: (own, name) => {
    if (Reflect.has(own, name)) return Reflect.get(own, name) as unknown;
    throw new Error(`the session was asked for ${String(name)}`);
  },
}) as never;
const suite = plantedSuite();
/** The suite, with the label of its third row as a table's cell would have it, or another. */
const labelled = (label: unknown) => suite.map((row, i) => (i === 2 ? { ...row, label } : row)) as never;
const text = 'row 2 has label "2", which is text: give a number, by Number(…)';
const by = { words: [3, 4, 5] };
const { words } = plantedPrompt;
/** As code that no compiler has seen would call it. */
const wrong = (given: unknown) => given as never;

const cases: readonly (readonly [call: () => Promise<unknown>, message: string])[] = [
  [
    () => gapByLayer(session, suite, wrong({ words, tempate: "" })),
    'no option "tempate": nearest is template',
  ],
  [() => attentionOnTerms(session, suite, wrong({ words, bacth: 3 })), 'no option "bacth": nearest is batch'],
  [() => patchTerms(session, suite, { words, from: "hill", to: "hill" }), "give two groups"],
  [
    () => patchTerms(session, suite, wrong({ words, from: "hill", too: "plain" })),
    'no option "too": nearest is to',
  ],
  [
    () => gapGradient(session, suite, wrong({ words, between: ["hill"] })),
    'between ["hill"]: give the names of two groups',
  ],
  [() => classify(session, wrong(["a text"]), plantedPrompt), 'row 0 is "a text": a row has label, category'],
  [() => classify(session, suite, wrong(undefined)), "classify without a prompt: give zeroShot"],
  [
    () => classifySuite(session, undefined, wrong(["a text"]), { words }),
    'row 0 is "a text": a row has label',
  ],
  [() => gapByLayer(sized, labelled("2"), by), text],
  [() => gapByLayer(sized, labelled(7), by), "row 2 has label 7: there are 3 classes"],
  [
    () => gapByLayer(sized, labelled(undefined), by),
    "row 2 has label undefined: give the index of its class",
  ],
  [() => gapByLayer(sized, labelled(-1), by), "row 2 has label -1: there are 3 classes"],
  [
    () => gapByLayer(sized, wrong(undefined), by),
    "rows are undefined: give a suite, such as everydaySuite()",
  ],
  [
    () => gapByLayer(sized, wrong({ rows: suite }), by),
    "rows: an object that has a list of rows: give its .rows",
  ],
  [
    () => gapByLayer(sized, wrong([{ ...suite[0]!, category: undefined }]), by),
    "row 0 has category undefined: it must be a name",
  ],
  [() => gapGradient(sized, labelled("2"), { ...by, between: ["hill", "plain"] }), text],
  [() => patchTerms(sized, labelled("2"), { ...by, from: "hill", to: "plain" }), text],
  [() => attentionOnTerms(session, labelled("2")), text],
  [
    () => attentionOnTerms(session, labelled(0.5)),
    "row 2 has label 0.5: it must be a whole number, 0 or more",
  ],
  [() => classify(session, labelled("2"), plantedPrompt), text],
  [
    () => classify(session, labelled("bad"), plantedPrompt),
    '"bad", which is text: give the index of its class',
  ],
  [() => classify(session, labelled(3), plantedPrompt), "row 2 has label 3: there are 3 classes"],
  [() => classifySuite(session, undefined, labelled("2"), by), text],
  [() => classifySuite(session, undefined, labelled(3), by), "row 2 has label 3: there are 3 classes"],
];

test.each(cases)(
  "what does not fit is refused in one line before the session is asked: %#",
  async (call, message) => {
    const error = await call().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toContain(message);
    expect(error?.message).not.toContain("\n");
  },
);
