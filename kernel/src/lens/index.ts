export { ablateInduction } from "./ablation.js";
export type { Ablated, AblationOptions, InductionAblation } from "./ablation.js";
export { inductionScores } from "./induction.js";
export type { Head, Induction, InductionOptions } from "./induction.js";
export type { LogitDifference, Metric, TokenName } from "./metric.js";
export { activationPatching } from "./patching.js";
export type { PatchedBy, Patching, PatchingOptions } from "./patching.js";
