export type { TrainingCourse } from "../training/goingOn.js";
export { classifyByPrompt, evaluatePrompt } from "./evaluate.js";
export type { ClassifyPromptOptions, Evaluation, PromptReading } from "./evaluate.js";
export { tuneGrid } from "./grid.js";
export type {
  Grid,
  GridAsked,
  GridData,
  GridMeasures,
  GridOptions,
  GridPoint,
  GridRun,
  MeasuredRun,
} from "./gridTypes.js";
export type { Selection, SelectionEffect } from "./selection.js";
export type { InitialOptions } from "./initial.js";
export { initialPrompt } from "./initial.js";
export { nearestTokens } from "./nearest.js";
export type { NearToken } from "./nearest.js";
export { loadPrompt, savePrompt } from "./peft.js";
export type { PromptOrigin } from "./peft.js";
export type { KeptPrompt } from "./saved.js";
export { promptEdits, withPlaceholders } from "./softPrompt.js";
export type { SoftPrompt } from "./softPrompt.js";
export { tune } from "./tune.js";
export type {
  OptimiserKind,
  Tuned,
  TuneOptions,
  TuningData,
  TuningDigest,
  TuningEpoch,
  TuningPlace,
  TuningRow,
  TuningStep,
} from "./types.js";
export type { LabelWord } from "./verbaliser.js";
