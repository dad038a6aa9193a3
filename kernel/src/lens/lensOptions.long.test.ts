import { expect, test, vi } from "vitest";
import { Session } from "../session/session.js";
import { opt, ownRuntime, quiet } from "../session/sessions.fixture.js";
import {
  ablateInduction,
  activationPatching,
  attributionPatching,
  directLogitAttribution,
  inductionScores,
  integratedGradients,
  logitLens,
} from "./index.js";

ownRuntime();

const [ids, others] = [
  [7, 8, 9],
  [7, 5, 9],
];
const metric = { correct: 3, wrong: 4 };
const prompts = { clean: ids, corrupt: others };

type Case = readonly [what: string, call: (session: Session) => Promise<unknown>, message: string];

/** As code that no compiler has seen would call it. */
const wrong = (options: object) => options as never;

const cases: readonly Case[] = [
  ["logitLens", (s) => logitLens(s, [ids], wrong({ token: [3] })), 'no option "token": nearest is tokens'],
  ["top", (s) => logitLens(s, [ids], { top: 0 }), "top 0: give 1 to"],
  ["tokens", (s) => logitLens(s, [ids], wrong({ tokens: "a" })), 'tokens "a": give a list, ["a"]'],
  [
    "a point of another shape",
    (s) => logitLens(s, [ids], { points: "layers.*.attention.pattern" }),
    "layers.0.attention.pattern [batch, 4, position, position]: a lens reads [batch, position,",
  ],
  [
    "a translator of another shape",
    (s) =>
      logitLens(s, [ids], {
        translators: {
          "layers.0.residual.out": {
            A: { shape: [3, 3], data: new Float32Array(9) },
            b: { shape: [3], data: new Float32Array(3) },
          },
        },
      }),
    "translator of layers.0.residual.out has A [3, 3] and b [3]: they are [",
  ],
  [
    "positions of points",
    (s) => logitLens(s, [ids], { points: "layers.*.residual.out[position=-1]" }),
    'points "layers.*.residual.out[position=-1]": a lens reads whole points, leave [position=-1] out',
  ],
  [
    "heads to patch by position",
    (s) => activationPatching(s, { ...prompts, metric, points: "layers.*.attention.z[head=1]" }),
    "a lens reads whole points, leave [head=1] out",
  ],
  [
    "heads to attribute by position",
    (s) => attributionPatching(s, { ...prompts, metric, points: "layers.*.attention.z[head=1]" }),
    "a lens reads whole points, leave [head=1] out",
  ],
  [
    "tokens that do not fit twice",
    (s) => inductionScores(s),
    "50 tokens, repeated once: the model reads at most 48, so give at most 24",
  ],
  ["no options", (s) => directLogitAttribution(s, ids, undefined as never), "are undefined: give an object"],
  [
    "a misspelt metric",
    (s) => directLogitAttribution(s, ids, { metric: wrong({ correct: 3, wrng: 4 }) }),
    'a metric has no option "wrng": nearest is wrong',
  ],
  [
    "half a metric",
    (s) => attributionPatching(s, { ...prompts, metric: wrong({ correct: 3 }) }),
    'metric without "wrong"',
  ],
  [
    "a function where a slope is needed",
    (s) => integratedGradients(s, ids, { metric: wrong(() => 1) }),
    "metric is a function, which has no gradient here",
  ],
  [
    "one token twice",
    (s) => activationPatching(s, { ...prompts, metric: { correct: 3, wrong: 3 } }),
    "metric of token 3 less itself, which is always 0",
  ],
  [
    "several prompts to patch from",
    (s) => activationPatching(s, { clean: wrong([ids, others]), corrupt: others, metric }),
    "clean prompt of 2 rows: give one text",
  ],
  [
    "several prompts to attribute",
    (s) => directLogitAttribution(s, wrong([ids, others]), { metric }),
    "direct attribution of 2 rows: give one text",
  ],
  [
    "no prompt",
    (s) => attributionPatching(s, wrong({ clean: ids, metric })),
    "corrupt prompt is undefined: give a text",
  ],
  [
    "activationPatching",
    (s) => activationPatching(s, wrong({ ...prompts, metric, bye: "head" })),
    'no option "bye": nearest is by',
  ],
  [
    "attributionPatching",
    (s) => attributionPatching(s, wrong({ ...prompts, metric, point: "norm" })),
    'no option "point": nearest is points',
  ],
  [
    "integratedGradients",
    (s) => integratedGradients(s, ids, wrong({ metric, step: 2 })),
    'no option "step": nearest is steps',
  ],
  ["inductionScores", (s) => inductionScores(s, wrong({ row: 3 })), 'no option "row": nearest is rows'],
  ["a number of rows", (s) => inductionScores(s, wrong({ rows: 3 })), "rows 3: give lists of token ids"],
  [
    "what no scores found",
    (s) => ablateInduction(s, undefined as never),
    "ablateInduction of undefined: give what inductionScores found",
  ],
];

test("lenses refuse in one line, before anything runs, what would be left out unseen or ends in the wrong place", async () => {
  const session = await Session.open(opt, quiet);
  const runs = [vi.spyOn(session, "forward"), vi.spyOn(session, "backward")];
  for (const [what, call, message] of cases) {
    const error = await call(session).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message, what).toContain(message);
    expect(error?.message, what).not.toContain("\n");
  }
  for (const run of runs) expect(run).not.toHaveBeenCalled();
  await session.close();
});
