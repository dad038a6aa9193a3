export {
  attention,
  bars,
  clear,
  display,
  forest,
  heatmap,
  html,
  lines,
  markdown,
  metricRow,
  metrics,
  plot,
  png,
  progress,
  save,
  table,
  tensor,
} from "./display/index.js";
export type {
  AttentionFigure,
  AttentionOptions,
  AttentionRun,
  AxisSpec,
  Chart,
  Choices,
  Column,
  Displayable,
  DisplayHandle,
  DisplayOptions,
  HeatmapSpec,
  LabelledSpec,
  LinesSpec,
  LineSpec,
  MetricRow,
  MetricsOptions,
  MetricsTable,
  MimeBundle,
  MimeData,
  MimeType,
  Plot,
  PlotOptions,
  Progress,
  SeriesSpec,
  Table,
  TensorFigure,
  TensorOptions,
  TensorSource,
} from "./display/index.js";
export {
  add,
  capture,
  edit,
  editGradient,
  keep,
  mean,
  patch,
  projectOnto,
  projectOut,
  readGradientEdit,
  readHook,
  scale,
  set,
  skip,
  traced,
  trainable,
  zero,
} from "./hooks/index.js";
export type {
  Capture,
  Dense,
  Edit,
  GradientEdit,
  Hook,
  HookChoice,
  HookHandle,
  HookName,
  HookNames,
  Host,
  HostContext,
  HostFunction,
  Intervention,
  LastingHook,
  Selector,
  Skip,
  Traced,
  TracedFunction,
} from "./hooks/index.js";
export { concat } from "./graph/value.js";
export type { Value } from "./graph/value.js";
export { demoCheckpoint } from "./models/demo/find.js";
export { CancelledError } from "./session/cancelled.js";
export { Session } from "./session/session.js";
export type {
  GeneratedRow,
  GenerateOptions,
  Generation,
  GenerationStep,
  Score,
  ScoreOptions,
  Scores,
  StreamedToken,
} from "./session/generation/types.js";
export type { Capabilities, Capability } from "./session/capabilities.js";
export type { Deviation, EditEffect, Effect, Verdict, Verification } from "./session/verification/types.js";
export type { Backward, BackwardOptions } from "./session/backward/types.js";
export type { LossResult } from "./session/backward/loss.js";
export type { Prefix, PrefixOptions } from "./session/prefix.js";
export type { TokenName } from "./session/token.js";
export type { Fed, ReadoutOptions, ReadoutValues } from "./session/readout.js";
export type { Parameter, ParameterChange, WholeTensor } from "./session/parameters/parameters.js";
export type { ParameterRow, ParameterTable } from "./session/parameters/table.js";
export type {
  Captured,
  Estimate,
  ForwardOptions,
  Input,
  OpenOptions,
  PointRow,
  PointTable,
  Run,
  SessionStatus,
  SessionSummary,
  Token,
} from "./session/types.js";
export { inductionCheckpoint } from "./tuning/induction/checkpoint.js";
export { train } from "./tuning/training/train.js";
export type { Trained, TrainingRecipe, TrainOptions } from "./tuning/training/train.js";
export type { Batch, BatchSource } from "./tuning/training/batch.js";
export { writeCheckpoint } from "./tuning/training/writeCheckpoint.js";
export type { NewCheckpoint } from "./tuning/training/writeCheckpoint.js";
export {
  ablateInduction,
  activationPatching,
  attributionPatching,
  directLogitAttribution,
  inductionScores,
  integratedGradients,
  logitLens,
} from "./lens/index.js";
export type {
  Ablated,
  AblationOptions,
  AttributionPatching,
  AttributionPatchingOptions,
  DirectAttribution,
  DirectAttributionOptions,
  Head,
  Induction,
  InductionAblation,
  InductionOptions,
  IntegratedGradients,
  IntegratedGradientsOptions,
  LensRow,
  LensToken,
  LogitDifference,
  LogitLens,
  LogitLensOptions,
  Metric,
  PatchedBy,
  Patching,
  PatchingOptions,
  Translators,
} from "./lens/index.js";
export { clipByGlobalNorm } from "./tuning/optimisers/clip.js";
export { Optimiser } from "./tuning/optimisers/optimiser.js";
export type { OptimiserOptions, OptimiserState } from "./tuning/optimisers/optimiser.js";
export { scheduleFactor } from "./tuning/optimisers/schedule.js";
export type { Schedule } from "./tuning/optimisers/schedule.js";
export { loadState, saveState } from "./tuning/optimisers/stateFile.js";
export {
  affineMap,
  fit,
  fitTunedLens,
  linearProbe,
  loadModules,
  saveModules,
  smallMlp,
} from "./tuning/modules/index.js";
export type {
  FitOptions,
  FitPlace,
  Fitted,
  LensPlace,
  Modules,
  ModuleTensor,
  Pass,
  TunedLens,
  TunedLensOptions,
  ValidationLoss,
  ValidationOptions,
  ValidationPass,
} from "./tuning/modules/index.js";
export {
  classifyByPrompt,
  evaluatePrompt,
  initialPrompt,
  loadPrompt,
  nearestTokens,
  promptEdits,
  savePrompt,
  tune,
  tuneGrid,
  withPlaceholders,
} from "./tuning/prompts/index.js";
export type {
  ClassifyPromptOptions,
  Evaluation,
  Grid,
  GridAsked,
  GridData,
  GridMeasures,
  GridOptions,
  GridPoint,
  GridRun,
  InitialOptions,
  KeptPrompt,
  LabelWord,
  MeasuredRun,
  NearToken,
  OptimiserKind,
  PromptOrigin,
  PromptReading,
  Selection,
  SelectionEffect,
  SoftPrompt,
  TrainingCourse,
  Tuned,
  TuneOptions,
  TuningData,
  TuningDigest,
  TuningEpoch,
  TuningPlace,
  TuningRow,
  TuningStep,
} from "./tuning/prompts/index.js";
export { plantedCheckpoint } from "./tuning/planted/checkpoint.js";
export type { PlantedOptions } from "./tuning/planted/checkpoint.js";
export * as datasets from "./tuning/datasets/index.js";
export * as fairness from "./fairness/index.js";
