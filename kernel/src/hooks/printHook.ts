import { inspect } from "node:util";
import type { Edit } from "./edit.js";
import type { GradientEdit } from "./editGradient.js";
import type { Hook } from "./hook.js";
import { printGiven } from "./printGiven.js";

/** `edit("layers.3.mlp.output", scale 2)` */
export function printHook(hook: Hook | GradientEdit): string {
  const selector = JSON.stringify(hook.selector);
  if (hook.kind === "skip") return `skip(${selector})`;
  if (hook.kind === "editGradient") return `editGradient(${selector}, ${printChange(hook.change)})`;
  const steps = hook.steps ? `, steps ${JSON.stringify(hook.steps)}` : "";
  if (hook.kind === "edit") return `edit(${selector}, ${printChange(hook.change)}${steps})`;
  return `capture(${selector}${hook.when === "before" ? ", before" : ""}${steps})`;
}

/** A hook that prints as what it does wherever it is printed, and stays plain data. */
export function printed<Each extends Hook | GradientEdit>(hook: Each): Each {
  const print = { value: () => printHook(hook), enumerable: false };
  return Object.defineProperties(hook, { [inspect.custom]: print, toString: print });
}

/** An edit's change in a few words, for the record of where a result came from. */
function printChange(change: Edit["change"]): string {
  switch (change.kind) {
    case "function":
      return change.module === undefined ? "traced" : `trainable ${change.module.name}`;
    case "host":
      return change.function.name === "" ? "a function" : `function ${change.function.name}`;
    case "scale":
      return `scale ${change.factor}`;
    case "add":
    case "set":
      return `${change.kind} ${printGiven(change.value)}`;
    case "mean":
      return `mean over ${change.over.join(", ")}`;
    case "project":
      return `project ${change.part === "along" ? "onto" : "out"} ${printGiven(change.direction)}`;
    default:
      return change.kind;
  }
}
