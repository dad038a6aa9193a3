import { expect, test } from "vitest";
import { readBbq } from "./bbq.js";
import { associationTest } from "./embedding.js";
import { logProbabilityEffect } from "./masked.js";
import { answerWinogender } from "./resolve.js";
import { answerBbq, scoreCrows, scoreStereoSet } from "./score.js";
import { scoreTargets } from "./scoreTargets.js";
import { textVectors } from "./vectors.js";

/** Nothing may be asked of it. */
const session = new Proxy(
  {},
  {
    get: (_, name) => {
      throw new Error(`the session was asked for ${String(name)}`);
    },
  },
) as never;
/** As code that no compiler has seen would call it. */
const wrong = (given: unknown) => given as never;
const association = { x: [[1]], y: [[1]], a: [[1]], b: [[1]] };

const cases: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => scoreCrows(session, [], wrong({ pertoken: true })), 'no option "pertoken": nearest is perToken'],
  [
    () => scoreStereoSet(session, [], wrong({ inter: "publishd" })),
    'inter "publishd" of StereoSet: choose "given context" or "published"',
  ],
  [
    () => scoreCrows(session, wrong({ items: [] })),
    "items: an object that has a list of items: give its .items",
  ],
  [() => scoreStereoSet(session, wrong(undefined)), "items are undefined: give those that a reader read"],
  [() => scoreStereoSet(session, [], wrong({ intra: "published" })), 'no option "intra": nearest is inter'],
  [
    () => answerBbq(session, [], wrong("lm_eval")),
    'scoring "lm_eval" of BBQ: choose continuation or lm-eval',
  ],
  [() => answerBbq(session, [], "lm-eval", wrong({ quite: true })), 'no option "quite": nearest is quiet'],
  [() => scoreTargets(session, [], wrong({ perToken: true })), 'scoreTargets has no option "perToken"'],
  [() => answerWinogender(session, [], wrong({ sginal: 1 })), 'no option "sginal": nearest is signal'],
  [() => textVectors(session, [], wrong({ pool: "max" })), 'pool "max": choose last or mean'],
  [() => textVectors(session, [], wrong({ layer: 3 })), 'textVectors has no option "layer"'],
  [
    () => readBbq("none.jsonl", wrong({ unclear: "leave-out" })),
    'unclear "leave-out" of BBQ: choose "refuse"',
  ],
  [() => readBbq("none.jsonl", wrong({ target: "a.csv" })), 'no option "target": nearest is targets'],
  [() => associationTest(association, wrong({ sample: 9 })), 'no option "sample": nearest is samples'],
  [
    () => associationTest({ ...association, x: [[1, 2, 3]] }),
    "association of vectors of 3 and 1 numbers: all must have as many",
  ],
  [() => associationTest(association, { samples: 0 }), "samples 0: must be 1 or more"],
  [() => logProbabilityEffect([], "x", "y", wrong({ seeds: 9 })), 'no option "seeds": nearest is seed'],
];

test.each(cases)(
  "a benchmark refuses in one line what it would leave out unseen: %#",
  async (call, message) => {
    const error = await Promise.resolve()
      .then(call)
      .then(
        () => undefined,
        (thrown: Error) => thrown,
      );
    expect(error?.message).toContain(message);
    expect(error?.message).not.toContain("\n");
  },
);
