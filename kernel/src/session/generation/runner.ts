import type { AxisShards } from "../../display/payload/index.js";
import type { HookPoint } from "../../graph/point.js";
import type { Selection } from "../../hooks/selector.js";
import type { Model } from "../../models/model.js";
import type { Tokenizer } from "../../models/tokenizer/index.js";
import type { Whole } from "../assemble.js";
import type { ForwardRequest } from "../request.js";

/** What generating needs of a session. */
export interface Runner {
  readonly model: Model;
  readonly points: readonly HookPoint[];
  /** The checkpoint's tokenizer. Throws one line when it has none. */
  tokenizer(): Promise<Tokenizer>;
  /** Runs one pass, the one of number `step`; throws `CancelledError` when the signal comes first. */
  forward(
    request: Pick<ForwardRequest, "step" | "hosts" | "trained">,
    signal: AbortSignal | undefined,
    step: number,
  ): Promise<Map<string, Whole>>;
  /** Which ranks held the parts of a captured point. */
  shardsOf(selection: Selection, rows: number): readonly AxisShards[];
  /** Lets the ranks forget what steps kept under this key. */
  release(key: string): void;
}
