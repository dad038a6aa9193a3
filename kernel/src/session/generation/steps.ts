import type { HookPoint } from "../../graph/point.js";
import type { Edit, Steps } from "../../hooks/edit.js";
import type { AbsentPoints } from "../../hooks/selector.js";
import { refuseKeys } from "../kept.js";
import { prepareForward, type ForwardRequest } from "../request.js";
import type { Hook } from "../../hooks/hook.js";

/** What each step of a generation asks of the ranks. */
export class StepRequests {
  readonly #hooks: readonly Hook[];
  readonly #points: readonly HookPoint[];
  readonly #absent: AbsentPoints;
  readonly #prompts: readonly (readonly number[])[];
  readonly #made = new Map<string, ForwardRequest>();

  /** Throws one line when a hook does not fit the prompt or one of the `count` steps, or never acts. */
  constructor(
    hooks: readonly Hook[],
    prompts: readonly (readonly number[])[],
    count: number,
    points: readonly HookPoint[],
    absent: AbsentPoints,
  ) {
    this.#hooks = hooks;
    this.#prompts = prompts;
    this.#points = points;
    this.#absent = absent;
    for (const hook of hooks) if (hook.kind === "edit") checkSteps(hook, count);
    for (let step = 0; step < count; step++) this.at(step);
  }

  /** The request of a step, its rows those of a step in which no row has ended. */
  at(step: number): ForwardRequest {
    const acting = this.#hooks.filter((hook) => hook.kind !== "edit" || acts(hook, step));
    const key = [step === 0 ? "prompt" : "token", ...acting.map((hook) => this.#hooks.indexOf(hook))].join();
    const request = this.#made.get(key) ?? this.#prepare(step, acting);
    this.#made.set(key, request);
    return request;
  }

  #prepare(step: number, acting: readonly Hook[]): ForwardRequest {
    const rows = step === 0 ? this.#prompts : this.#prompts.map(() => [0]);
    const hooks = acting.map((hook): Hook => {
      if (hook.kind !== "edit") return hook;
      return { kind: "edit", selector: hook.selector, change: hook.change };
    });
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

function acts({ steps }: Edit, step: number): boolean {
  return (
    steps === undefined ||
    steps.some((each) =>
      typeof each === "number" ? each === step : step >= (each.from ?? 0) && step < (each.to ?? Infinity),
    )
  );
}

function checkSteps(change: Edit, count: number): void {
  if (change.steps !== undefined && !Array.isArray(change.steps))
    throw new Error(
      `edit "${change.selector}": steps ${JSON.stringify(change.steps)} is no list, such as [0, 2]`,
    );
  for (const each of change.steps ?? []) {
    const ends = typeof each === "number" ? [each] : [each.from ?? 0, each.to ?? Infinity];
    const isSpan = ends.every((end) => (Number.isInteger(end) && end >= 0) || end === Infinity);
    if (!isSpan || (ends.length === 2 && !(ends[0]! < ends[1]!)))
      throw new Error(`edit "${change.selector}": ${print(each)} is no step and no span of steps`);
  }
  if (!Array.from({ length: count }, (_, step) => step).some((step) => acts(change, step)))
    throw new Error(
      `edit "${change.selector}" at steps ${(change.steps ?? []).map(print).join(", ") || "none"} never acts: ` +
        `there are at most ${count} steps, from 0`,
    );
}

/** `3`, `2 to 5`, `2 to the end` */
function print(steps: Steps): string {
  return typeof steps === "number" ? `${steps}` : `${steps.from ?? 0} to ${steps.to ?? "the end"}`;
}
