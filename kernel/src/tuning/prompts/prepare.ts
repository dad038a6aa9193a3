import type { Session } from "../../session/session.js";
import { scheduleFactor } from "../optimisers/schedule.js";
import { checkModel, type TrainingCourse } from "../training/goingOn.js";
import { courseOf, told } from "./course.js";
import type { PromptReading } from "./evaluate.js";
import type { InitialOptions } from "./initial.js";
import { checkGiven, checkPlace, initOf, placeOf } from "./place.js";
import type { ReadRow } from "./promptStep.js";
import { checkRows, dataOf, readRows, rowsSha } from "./rows.js";
import { checkSettings } from "./settings.js";
import type { SoftPrompt } from "./softPrompt.js";
import type { TuneOptions, TuningData, TuningDigest, TuningPlace } from "./types.js";
import { verbaliser, type Verbaliser } from "./verbaliser.js";

/** A tuning of which everything fits, before anything has run. */
export interface Prepared {
  readonly words: Verbaliser;
  readonly train: readonly ReadRow[];
  readonly validation: readonly ReadRow[] | undefined;
  readonly place: TuningPlace | undefined;
  /** The prompt to begin with, where it is given. */
  readonly given: SoftPrompt | undefined;
  readonly init: InitialOptions | undefined;
  readonly seed: number;
  readonly reading: PromptReading;
  readonly data: TuningDigest;
  readonly course: TrainingCourse;
  /** Steps of an epoch, and of the schedule. */
  readonly perEpoch: number;
  readonly total: number;
}

/** Looks at settings, rows, words and what is gone on from. Throws one line, before anything runs, for what does not fit. */
export async function prepare(session: Session, data: TuningData, options: TuneOptions): Promise<Prepared> {
  checkSettings(options);
  const { train, validation } = dataOf(data);
  const { epochs = 5, batch = 16, accumulate = 1, patience, template = "{text}" } = options;
  const words = await verbaliser(session, options.words);
  checkRows(train, words.sizes.length, "rows to tune on");
  if (validation !== undefined)
    checkRows(validation, words.sizes.length, "rows to validate by", ": leave validation out, or give some");
  else if (patience !== undefined && patience < Infinity)
    throw new Error(`patience ${patience} without rows to validate by: give some, or leave it out`);
  const place = placeOf(options);
  const digest = {
    train: rowsSha(train),
    ...(validation && { validation: rowsSha(validation) }),
  };
  if (place !== undefined) {
    await checkModel(session, place, told);
    checkPlace(place, options, digest);
  }
  const init = initOf(options);
  const given = await checkGiven(session, options);

  const perEpoch = Math.ceil(train.length / (batch * accumulate));
  const begun = place?.epochs.length ?? 0;
  const course = courseOf(options, begun + epochs);
  if (begun + epochs > course.total)
    throw new Error(`${begun + epochs} epochs of a schedule of ${course.total}`);
  const total = course.total * perEpoch;
  scheduleFactor(course.schedule, 0, total);

  const others = (given?.tokens ?? options.tokens ?? 8) + words.longest - 1;
  return {
    words,
    train: await readRows(session, train, template, others, "train"),
    validation: validation && (await readRows(session, validation, template, others, "validation")),
    place,
    given,
    init,
    seed: options.seed ?? place?.seed ?? 0,
    reading: { words: options.words, template },
    data: digest,
    course,
    perEpoch,
    total,
  };
}
