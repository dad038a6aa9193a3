import { expect, test } from "vitest";
import { Session } from "../../session/session.js";
import { gpt2, opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { fit, type FitOptions, type Fitted } from "./fit.js";
import { linearProbe, type Modules } from "./modules.js";
import type { ValidationPass } from "./validation.js";
import { fitTunedLens, type TunedLens, type TunedLensOptions } from "./tunedLens.js";

ownRuntime();

const point = "layers.0.residual.out";
const rows = Array.from({ length: 8 }, (_, i) => [2, 5 + i, 30 - i, 9 + 2 * i]);
const classes = 3;

/** Cross-entropy of a probe that reads each row's class off all its places; classes are turned on by `turn`. */
function passOf({ probe }: Modules, chosen: readonly number[], turn = 0): ValidationPass {
  const count = chosen.length * rows[0]!.length;
  return {
    input: chosen.map((i) => rows[i]!),
    read: [point],
    trained: { probe: probe! },
    given: {
      labels: {
        shape: [chosen.length, rows[0]!.length, 1],
        data: chosen.flatMap((i) => rows[0]!.map(() => (i + turn) % classes)),
      },
    },
    loss: ({ captures, trained, given }) =>
      captures[point]!.linear(trained["probe"]!["weight"]!, trained["probe"]!["bias"]!)
        .logSoftmax()
        .pick(given["labels"]!)
        .sum([0, 1, 2])
        .mul(-1 / count),
  };
}

/** Seven steps of three drawn rows, looked at before steps 0, 2, 4 and 6, and in the end. */
const optionsOf = (session: Session): FitOptions => ({
  modules: { probe: linearProbe(session.dimensions.hidden, classes, 3) },
  steps: 7,
  seed: 5,
  optimiser: { kind: "adamW", learningRate: 0.1 },
  schedule: { kind: "linear", warmup: 2 },
  clip: 1,
  quiet: true,
  step: (modules, _, random) =>
    passOf(
      modules,
      Array.from({ length: 3 }, () => Math.floor(random() * 5)),
    ),
  // Rows that are learnt as other classes are among them, so that learning helps at first only.
  validation: { every: 2, passes: (modules) => [passOf(modules, [5, 6, 1]), passOf(modules, [0, 3], 1)] },
});

type At = { readonly step: number } | { readonly look: number };

/** A training that is interrupted as a step of its own begins, or as the held-out rows are read for the n-th time. */
async function interrupted<T>(
  session: Session,
  at: At,
  passes: { readonly step: number; readonly look: number },
  train: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const { backward, forward } = session;
  let [steps, looks] = [0, 0];
  session.backward = (...call) => {
    if ("step" in at && steps++ === at.step * passes.step) stop.abort();
    return backward.apply(session, call);
  };
  session.forward = (...call) => {
    if ("look" in at && looks++ === at.look * passes.look) stop.abort();
    return forward.apply(session, call);
  };
  try {
    return await train(stop.signal);
  } finally {
    [session.backward, session.forward] = [backward, forward];
  }
}

/** All that a fit found, but for how many calls it took. */
const told = ({ modules, losses, validation, best, stopped, seed, last, provenance }: Fitted) => [
  [modules, losses, validation, best, stopped, seed, provenance.call],
  last,
];

test("a fit that was interrupted and went on gives, bit by bit, what it gives without", async () => {
  const session = await Session.open(opt, quiet);
  const options = optionsOf(session);
  const stopped = (how: FitOptions, at: At) =>
    interrupted(session, at, { step: 1, look: 2 }, (signal) => fit(session, { ...how, signal }));
  const whole = await fit(session, options);
  expect(whole.validation.map(({ step }) => step)).toEqual([0, 2, 4, 6, 7]);
  expect(whole.last.validation.map(({ step }) => step)).toEqual([0, 2, 4, 6]);
  expect(new Set(whole.losses).size).toBe(7);
  // Of the best before an interrupt a fit that began anew would not know.
  expect(whole.best).toBe(2);
  expect(whole.modules).not.toEqual(whole.last.modules);
  for (const [at, steps, looks] of [
    [{ step: 3 }, 3, [0, 2]],
    [{ step: 4 }, 4, [0, 2, 4]],
    [{ look: 2 }, 4, [0, 2]],
    [{ look: 4 }, 7, [0, 2, 4, 6]],
  ] as const) {
    const begun = await stopped(options, at);
    expect([begun.stopped, begun.losses.length]).toEqual(["interrupted", steps]);
    expect(begun.validation.map(({ step }) => step)).toEqual(looks);
    const gone = await fit(session, { ...options, steps: 7 - steps, from: begun.last });
    expect(told(gone)).toEqual(told(whole));
  }
  // Again and again, and by calls that end of themselves, whose last look is no part of what goes on.
  const first = await stopped({ ...options, totalSteps: 7 }, { step: 1 });
  const second = await fit(session, { ...options, steps: 4, totalSteps: 7, from: first.last });
  expect(second.validation.map(({ step }) => step)).toEqual([0, 2, 4, 5]);
  expect(told(await fit(session, { ...options, steps: 2, from: second.last }))).toEqual(told(whole));
  await session.close();
});

test("a fit goes on with its own settings, or is refused in one line", async () => {
  const session = await Session.open(opt, quiet);
  const options = optionsOf(session);
  const { validation, ...without } = options;
  expect(validation).toBeDefined();
  const begun = await fit(session, { ...options, steps: 2, totalSteps: 7 });
  const plain = await fit(session, { ...without, steps: 1, totalSteps: 7 });
  const refused = async (more: Partial<FitOptions>, said: string, from = begun.last, how = options) => {
    const message = await fit(session, { ...how, steps: 1, from, ...more }).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toContain(said);
    expect(message).not.toContain("\n");
  };
  await refused({ seed: 6 }, "seed 6 for a fit of seed 5: it goes on with its own");
  await refused(
    { modules: { probe: linearProbe(4, classes) } },
    "modules probe.weight [3, 4], probe.bias [3] for a fit of probe.weight [3, ",
  );
  await refused(
    {},
    "no validation for a fit that had one: it goes on with its own",
    begun.last,
    without as typeof options,
  );
  await refused({}, "validation for a fit that had none: begin anew with its modules", plain.last);
  await refused({}, "from is a whole fit: give its last to go on", begun as never);
  await refused(
    { totalSteps: 2 },
    "a linear schedule over 2 steps for a fit by one over 7: give steps: 5, or fewer with totalSteps: 7",
  );
  const adam = { kind: "adamW", learningRate: 0.2 } as const;
  await refused({ optimiser: adam }, "learningRate 0.2 for a fit by 0.1: to begin anew leave from out");
  await refused(
    { optimiser: { kind: "sgd", learningRate: 0.1 } },
    'optimiser {"kind":"sgd"} for a fit by {"kind":"adamW"}',
  );
  await refused({ clip: 2 }, "clip 2 for a fit by 1");
  await refused(
    { schedule: { kind: "linear" } },
    'schedule {"kind":"linear","warmup":0} for a fit by {"kind":"linear","warmup":2}',
  );
  await expect(fit(session, { ...options, totalSteps: 2 })).rejects.toThrow("7 steps of a schedule of 2");
  await expect(fit(session, { ...options, steps: 0 })).rejects.toThrow("steps 0: must be 1 or more");
  await session.close();

  const other = await Session.open(gpt2, quiet);
  await expect(fit(other, { ...options, steps: 5, from: begun.last })).rejects.toThrow(
    /^the model here is [0-9a-f]{8}, and the fit to go on from is of opt, [0-9a-f]{8}: to begin anew/,
  );
  await other.close();
});

test("so does a tuned lens, whose rows are the same ones", async () => {
  const session = await Session.open(opt, quiet);
  const options: TunedLensOptions = {
    rows,
    validation: 3,
    validateEvery: 2,
    batch: 2,
    steps: 7,
    seed: 4,
    optimiser: { kind: "sgd", learningRate: 40, momentum: 0.9 },
    clip: 100,
    quiet: true,
  };
  const whole = await fitTunedLens(session, options);
  expect(whole.best).toBeLessThan(4);
  expect(whole.translators).not.toEqual(whole.last.modules);
  const facts = ({ translators, losses, validation, best, heldOut, last, provenance }: TunedLens) => [
    [translators, losses, validation, best, heldOut, provenance.call],
    last,
  ];
  const begun = await interrupted(session, { step: 4 }, { step: 1, look: 2 }, (signal) =>
    fitTunedLens(session, { ...options, signal }),
  );
  expect([begun.stopped, begun.losses.length]).toEqual(["interrupted", 4]);
  expect(facts(await fitTunedLens(session, { ...options, steps: 3, from: begun.last }))).toEqual(
    facts(whole),
  );
  for (const [more, said] of [
    // Its schedule would be longer than it was: the steps that are left are meant.
    [{ steps: 250 }, "a linear schedule over 254 steps for a fit by one over 7: give steps: 3"],
    [{ seed: 6 }, "seed 6 for a lens of seed 4: it goes on with its own"],
    [{ rows: rows.slice(1) }, "rows to learn from that are not those of the lens to go on from"],
    [{ validation: 2 }, "rows to learn from that are not those of the lens to go on from"],
    [{ from: begun as never }, "from is a whole lens: give its last to go on"],
  ] as const)
    await expect(fitTunedLens(session, { ...options, steps: 3, from: begun.last, ...more })).rejects.toThrow(
      said,
    );
  await session.close();
});
