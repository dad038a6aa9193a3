import { availableParallelism } from "node:os";
import { Hub, type Answer } from "../collectives/hub.js";
import { createSegment, removeSegment } from "../collectives/segment.js";
import { coordinatesOf, meshSize } from "../mesh.js";
import type { Plan } from "../plan/plan.js";
import type { Meeting } from "../wire/messages.js";

/** Room for one rank's terms of a sum; longer sums are made in pieces. */
const slotBytes = 4 * 2 ** 20;

/** Where the tensor groups of one launch meet, one group per stage: in shared memory, or in a hub here. */
export class MeetingPlaces {
  readonly #plan: Plan;
  readonly #hubs: readonly Hub[];
  #segments: readonly string[] = [];

  /** Throws when shared memory was planned and cannot be had. */
  constructor(plan: Plan) {
    this.#plan = plan;
    const stages = Array.from({ length: plan.mesh.pipeline });
    this.#hubs = stages.map(() => new Hub(plan.mesh.tensor));
    if (plan.collectives !== "sharedMemory") return;
    try {
      while (this.#segments.length < stages.length)
        this.#segments = [...this.#segments, createSegment(plan.mesh.tensor, slotBytes)];
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** How a rank joins its group. */
  meeting(rank: number): Meeting {
    const { mesh, collectives } = this.#plan;
    const at = coordinatesOf(mesh, rank);
    const who = { rank: at.tensor, size: mesh.tensor };
    if (collectives === "alone") return { kind: "alone" };
    if (collectives === "socket") return { kind: "socket", ...who };
    const name = this.#segments[at.pipeline];
    if (name === undefined) throw new Error("the shared segment is gone");
    return { kind: "sharedMemory", ...who, name, slotBytes, spin: availableParallelism() > meshSize(mesh) };
  }

  /** The terms of one rank for a sum over sockets. Throws when they do not fit those of its peers. */
  arrive(
    rank: number,
    { step, sequence }: { step: number; sequence: number },
    terms: Uint8Array,
    answer: Answer,
  ): void {
    const { pipeline, tensor } = coordinatesOf(this.#plan.mesh, rank);
    (this.#hubs[pipeline] as Hub).arrive(tensor, { step, sequence }, terms, answer);
  }

  /** Removes the names of the shared segments; ranks that have mapped them keep them. */
  remove(): void {
    for (const name of this.#segments) removeSegment(name);
    this.#segments = [];
  }
}
