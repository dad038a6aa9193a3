export { capture } from "./capture.js";
export type { Capture } from "./capture.js";
export { layerPoints, modelPoints } from "./names.js";
export type { LayerPoint, ModelPoint, Selector } from "./names.js";
export { resolve } from "./resolve.js";
export { printAxes, select } from "./selector.js";
export type { AbsentPoints, AxisSlice, Entries, Selection } from "./selector.js";
export { slicedShape, sliceDense } from "./slice.js";
export type { Dense, SliceContext } from "./slice.js";
