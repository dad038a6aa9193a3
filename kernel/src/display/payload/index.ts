export type { Provenance } from "./provenance.js";
export type { Scale } from "./scale.js";
export { toUnit } from "./scale.js";
export type { Block, BlockDType } from "./block.js";
export type { DecodedBlock } from "./decode.js";
export { decodeBlock } from "./decode.js";
export { bin, isMasked, maxPool } from "./pool.js";
export { stridesOf } from "./rowMajor.js";
export type { Rgb, Theme } from "./ramp.js";
export { diverging, nonFinite, ramp, rampOf } from "./ramp.js";
export { seriesColour } from "./palette.js";
export type { AttentionPayload, HeadScores } from "./attention.js";
export { attentionType, headNumber, headPlace, scoreNames } from "./attention.js";
export type { MetricRow, MetricsPayload, MetricTest } from "./metrics.js";
export { isSigned, metricsType, printMetric } from "./metrics.js";
export type {
  Cell,
  Chart,
  HeatmapChart,
  LabelledAxis,
  LabelledChart,
  Line,
  LinesChart,
  Menu,
  PlotPayload,
  PlotView,
  Reference,
  Series,
} from "./plot.js";
export { alikeOf, plotType, viewAt } from "./plot.js";
export { parsePlot } from "./parsePlot.js";
export type { PanelReply, PanelRequest, RankStatus, SessionStatus } from "./status.js";
export { sessionTarget } from "./status.js";
export { parseAttention, parseMetrics, parsePanelReply } from "./parse.js";
export type { AxisShards, Histogram, TensorPayload, TensorStatistics } from "./tensor.js";
export { ranksAt, tensorType } from "./tensor.js";
export { parseTensor } from "./parseTensor.js";
export type { HookTreePayload, TreeHook, TreeMark, TreeNode, TreePart, TreePoint } from "./hookTree.js";
export { hookTreeType, marksOf, pointsOf, printAliases, treeHeadlines } from "./hookTree.js";
export { parseHookTree } from "./parseHookTree.js";
export { printBytes, printNumber, provenanceLine, tokenLabel } from "./words.js";
