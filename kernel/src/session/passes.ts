import type { AxisShards } from "../display/payload/index.js";
import type { RankResult } from "../engine/stages.js";
import { requestsOf } from "../engine/wire/requests.js";
import { pointNamed, pointOf, type HookPoint } from "../graph/point.js";
import type { Selection } from "../hooks/selector.js";
import type { Model } from "../models/model.js";
import type { Tokenizer } from "../models/tokenizer/index.js";
import { assemble, type Whole } from "./assemble.js";
import type { BrokerClient } from "./client.js";
import type { Runner } from "./generation/runner.js";
import { hostCaller, hostEdits, refuseInside, type HostCaller } from "./hostEdits.js";
import type { Parameters } from "./parameters/parameters.js";
import { stageOf } from "./pointRows.js";
import type { ForwardRequest } from "./request.js";
import { shardsOf } from "./shards.js";

/** What the passes of a client are made of. */
export interface Live {
  readonly client: BrokerClient;
  readonly model: Model;
  readonly points: readonly HookPoint[];
  readonly parameters: Parameters;
  /** What host edits keep for each other. */
  readonly saved: Map<string, unknown>;
  tokenizer(): Promise<Tokenizer>;
}

/** Runs passes on the workers of a live session, with the parameters as they are for this client. */
export class Passes {
  readonly #live: Live;

  constructor(live: Live) {
    this.#live = live;
  }

  /**
   * Runs one pass: what came back, whole, by key. Host edits are made here meanwhile. Throws `CancelledError` when the
   * signal comes first, what a host edit throws, and one line when a worker dies.
   *
   * @param index which pass of the call it is, as host edits are told
   */
  async run(
    { step, hosts, trained }: Pick<ForwardRequest, "step" | "hosts" | "trained">,
    signal: AbortSignal | undefined,
    index = 0,
  ): Promise<Map<string, Whole>> {
    const { client, points, parameters } = this.#live;
    refuseInside(client.pid);
    const over = new AbortController();
    const held = parameters.hold();
    const pass = this.#pass({ step, trained }, signal, index);
    const handOut = hostEdits(hosts, {
      ...pass,
      signals: [over.signal, ...pass.signals],
      points,
    });
    // None for a result that is no point. Asked for only where several ranks hold something.
    let behind: ReadonlyMap<string, HookPoint | undefined> | undefined;
    const pointBehind = (key: string) =>
      (behind ??= new Map(
        requestsOf(step.requests).map(({ key, point }) => [key, pointNamed(points, pointOf(point))]),
      )).get(key);
    const read = (results: readonly RankResult[]) => assemble(results, pointBehind);
    try {
      return await client.forward({ weights: held.weights, ...step }, signal, read, handOut);
    } catch (error) {
      over.abort();
      throw error;
    } finally {
      held.release();
    }
  }

  /** Calls host edits of what a pass brought back, as `run` calls those of what it computes. */
  caller(pass: Pick<ForwardRequest, "step" | "trained">, signal: AbortSignal | undefined): HostCaller {
    return hostCaller(this.#pass(pass, signal));
  }

  #pass(
    { step, trained }: Pick<ForwardRequest, "step" | "trained">,
    signal: AbortSignal | undefined,
    index = 0,
  ) {
    const { client, saved } = this.#live;
    const lengths = step.rows.map((row) => row.length);
    return { broker: client.pid, step: index, lengths, saved, trained, signals: signal ? [signal] : [] };
  }

  /** For what takes several passes: all of them read the parameters as they are now. */
  async holding<T>(use: (runner: Runner) => Promise<T>): Promise<T> {
    const { client, model, points, parameters, tokenizer } = this.#live;
    const { weights, release } = parameters.hold();
    try {
      return await use({
        model,
        points,
        tokenizer,
        forward: ({ step, ...rest }, signal, index) =>
          this.run({ ...rest, step: { ...step, weights } }, signal, index),
        shardsOf: this.shardsOf,
        release: (key) => client.release(key),
      });
    } finally {
      release();
    }
  }

  /** Which ranks held the parts of a captured point, of a batch of so many rows. */
  readonly shardsOf = (selection: Selection, rows: number): readonly AxisShards[] => {
    const { client, points } = this.#live;
    const { plan } = client.order;
    return shardsOf(selection, stageOf(selection.point, points, plan), plan.mesh, rows);
  };
}
