import { availableParallelism } from "node:os";
import { Hub, type Answer } from "../collectives/hub.js";
import { createSegment, removeSegment, slotBytes } from "../collectives/segment.js";
import type { RankGroup } from "../../graph/graph.js";
import { groups, meshSize } from "../mesh.js";
import type { Plan } from "../plan/plan.js";
import type { Meeting } from "../wire/messages.js";

interface MeetingPlace {
  readonly group: RankGroup;
  readonly ranks: readonly number[];
  readonly hub: Hub;
  /** Name of the shared segment, while it has one. */
  readonly segment: string | undefined;
}

/** Where the groups of one launch meet, those of tensor ranks and those of replicas: in shared memory, or in a hub here. */
export class MeetingPlaces {
  readonly #plan: Plan;
  #places: readonly MeetingPlace[] = [];

  /** Throws when shared memory was planned and cannot be had. */
  constructor(plan: Plan) {
    this.#plan = plan;
    try {
      for (const group of ["tensor", "data"] as const)
        for (const ranks of groups(plan.mesh, group))
          if (ranks.length > 1) this.#places = [...this.#places, this.#place(group, ranks)];
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #place(group: RankGroup, ranks: readonly number[]): MeetingPlace {
    const isShared = this.#plan.collectives === "sharedMemory";
    const segment = isShared ? createSegment(ranks.length, slotBytes[group]) : undefined;
    return { group, ranks, hub: new Hub(ranks.length, group), segment };
  }

  /** How a rank joins its groups. */
  meetings(rank: number): { readonly tensor: Meeting; readonly data: Meeting } {
    return { tensor: this.#meeting(rank, "tensor"), data: this.#meeting(rank, "data") };
  }

  #meeting(rank: number, group: RankGroup): Meeting {
    const place = this.#placeOf(rank, group);
    if (place === undefined) return { kind: "alone" };
    const { mesh, collectives } = this.#plan;
    if (collectives === "socket") return { kind: "socket" };
    if (place.segment === undefined) throw new Error("the shared segment is gone");
    const spin = availableParallelism() > meshSize(mesh);
    return {
      kind: "sharedMemory",
      group,
      rank: place.ranks.indexOf(rank),
      size: place.ranks.length,
      name: place.segment,
      slotBytes: slotBytes[group],
      spin,
    };
  }

  #placeOf(rank: number, group: RankGroup): MeetingPlace | undefined {
    return this.#places.find((place) => place.group === group && place.ranks.includes(rank));
  }

  /** The terms of one rank for a sum over sockets. Throws when they do not fit those of its peers. */
  arrive(
    rank: number,
    { group, step, sequence }: { group: RankGroup; step: number; sequence: number },
    terms: Uint8Array,
    answer: Answer,
  ): void {
    const place = this.#placeOf(rank, group);
    if (place === undefined) throw new Error(`rank ${rank} has no ${group} group`);
    place.hub.arrive(place.ranks.indexOf(rank), { step, sequence }, terms, answer);
  }

  /** Removes the names of the shared segments; ranks that have mapped them keep them. */
  remove(): void {
    for (const { segment } of this.#places) if (segment !== undefined) removeSegment(segment);
    this.#places = this.#places.map((place) => ({ ...place, segment: undefined }));
  }
}
