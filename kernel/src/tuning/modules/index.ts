export { fit } from "./fit.js";
export type { FitOptions, Fitted, Pass } from "./fit.js";
export { fitTunedLens } from "./tunedLens.js";
export type { TunedLens, TunedLensOptions } from "./tunedLens.js";
export { affineMap, linearProbe, loadModules, saveModules, smallMlp } from "./modules.js";
export type { Modules, ModuleTensor } from "./modules.js";
export type { ValidationLoss, ValidationOptions, ValidationPass } from "./validation.js";
