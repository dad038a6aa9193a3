import type { HookPoint } from "../../graph/point.js";
import type { AbsentPoints } from "../../hooks/selector.js";
import { refuseKeys } from "../kept.js";
import { prepareForward, type ForwardRequest } from "../request.js";
import { forHook, type Acting } from "../../hooks/acting.js";
import { actsAt, checkSteps, withoutSteps } from "../../hooks/steps.js";

/** What each step of a generation asks of the ranks. */
export class StepRequests {
  readonly #hooks: readonly Acting[];
  readonly #points: readonly HookPoint[];
  readonly #absent: AbsentPoints;
  readonly #prompts: readonly (readonly number[])[];
  readonly #made = new Map<string, ForwardRequest>();

  /** Throws one line when a hook does not fit the prompt or one of the `count` steps, or never acts. */
  constructor(
    hooks: readonly Acting[],
    prompts: readonly (readonly number[])[],
    count: number,
    points: readonly HookPoint[],
    absent: AbsentPoints,
  ) {
    this.#hooks = hooks;
    this.#prompts = prompts;
    this.#points = points;
    this.#absent = absent;
    for (const hook of hooks) if (hook.kind !== "skip") forHook(hook, () => checkSteps(hook, count));
    for (let step = 0; step < count; step++) this.at(step);
  }

  /** The request of a step, its rows those of a step in which no row has ended. */
  at(step: number): ForwardRequest {
    const acting = this.#hooks.filter((hook) => hook.kind === "skip" || actsAt(hook, step));
    const key = [step === 0 ? "prompt" : "token", ...acting.map((hook) => this.#hooks.indexOf(hook))].join();
    const request = this.#made.get(key) ?? this.#prepare(step, acting);
    this.#made.set(key, request);
    return request;
  }

  #prepare(step: number, acting: readonly Acting[]): ForwardRequest {
    const rows = step === 0 ? this.#prompts : this.#prompts.map(() => [0]);
    const hooks = acting.map((hook) => (hook.kind === "skip" ? hook : withoutSteps(hook)));
    let request: ForwardRequest;
    try {
      request = prepareForward(rows, { hooks, logits: "last" }, this.#points, this.#absent, 0);
    } catch (error) {
      throw new Error(`step ${step}${step > 0 ? ", of one token a row" : ""}: ${(error as Error).message}`);
    }
    refuseKeys(request, this.#points, "in a generation, where they include padding");
    return request;
  }
}
