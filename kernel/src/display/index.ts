export * from "./payload/index.js";
export { encodeBlock } from "./encode.js";
export type { Bundle, Displayable } from "./bundle.js";
export { bundleOf, displaySymbol, html, markdown, png } from "./bundle.js";
export type { MimeBundle, MimeData, MimeType } from "./mime.js";
export type { DisplaySink } from "./sink.js";
export { currentSink } from "./sink.js";
export type { DisplayHandle } from "./display.js";
export { clear, display } from "./display.js";
export type { Progress } from "./progress.js";
export { progress } from "./progress.js";
export type { Column, Table } from "./table.js";
export { table } from "./table.js";
export type { AttentionFigure } from "./attention/attention.js";
export { attention } from "./attention/attention.js";
export type { Budget } from "./budget.js";
export type { AttentionOptions } from "./attention/build.js";
export type { AttentionRun } from "./attention/patterns.js";
export type { HookTree } from "./hookTree/hookTree.js";
export { hookTree } from "./hookTree/hookTree.js";
export { finite, metricRow } from "./metrics/build.js";
export { toldVariants, withCaveats } from "./metrics/caveats.js";
export type { MetricsOptions, MetricsTable } from "./metrics/metrics.js";
export { metrics } from "./metrics/metrics.js";
export type {
  AxisSpec,
  HeatmapSpec,
  LabelledSpec,
  LinesSpec,
  LineSpec,
  Numbers,
  SeriesSpec,
} from "./plot/charts.js";
export { bars, forest, heatmap, lines } from "./plot/charts.js";
export type { Choices, Plot, PlotOptions } from "./plot/plot.js";
export { plot } from "./plot/plot.js";
export { save } from "./save.js";
export { shownAs, shownAsItIs } from "./shown.js";
export type { TensorFigure } from "./tensor/tensor.js";
export { tensor } from "./tensor/tensor.js";
export type { TensorOptions } from "./tensor/view.js";
export type { TensorSource } from "./tensor/subject.js";
