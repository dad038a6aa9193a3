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
const suite = plantedSuite();
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
