import type { Crew } from "./environment.js";
import type { LoadOptions } from "./runtime.js";

/** What a session of onnxruntime is told as text, by key (`onnxruntime_session_options_config_keys.h`). */
export function entriesOf({ weightFolder, weights, isNarrow }: LoadOptions, crew: Crew): Map<string, string> {
  const entries = new Map([["session.model_external_initializers_file_folder_path", weightFolder]]);
  if (weights === "map") entries.set("session.disable_prepacking", "1");
  if (!crew.shared && !crew.spin) entries.set("session.intra_op.allow_spinning", "0");
  if (widensInRun({ weights, isNarrow }))
    entries.set("optimization.disable_specified_optimizers", "ConstantFolding");
  else if (crew.shared) entries.set("session.use_env_allocators", "1");
  return entries;
}

/** Whether weights are widened anew in every run, so that the memory for them has to be given back: an arena keeps it for good. */
export function widensInRun({ weights, isNarrow }: Pick<LoadOptions, "weights" | "isNarrow">): boolean {
  return weights === "map" && isNarrow;
}
