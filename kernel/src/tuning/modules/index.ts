export { fit } from "./fit.js";
export type { FitOptions, Fitted } from "./fit.js";
export type { Pass } from "./gradient.js";
export type { FitPlace } from "./place.js";
export { fitTunedLens } from "./tunedLens.js";
export type { LensPlace, TunedLens, TunedLensOptions } from "./tunedLens.js";
export { affineMap, linearProbe, loadModules, saveModules, smallMlp } from "./modules.js";
export type { Modules, ModuleTensor } from "./modules.js";
export type { ValidationLoss, ValidationOptions, ValidationPass } from "./validation.js";
