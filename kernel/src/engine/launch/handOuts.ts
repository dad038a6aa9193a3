import type { FromWorker, ParcelDescriptor } from "../wire/messages.js";
import type { RankProcess } from "./rankProcess.js";

type HandedOut = Extract<FromWorker, { kind: "handedOut" }>;

/** Takes what the ranks of a stage hand out for a host edit, and answers each with what it goes on with. */
export type Outside = (
  key: string,
  parcels: readonly (ParcelDescriptor | undefined)[],
) => Promise<readonly (ParcelDescriptor | undefined)[]>;

/**
 * Answers what the ranks of a stage hand out during one step: all of them wait for a host edit before it is made.
 *
 * @param failed told, with the step, what the edit threw
 * @returns what is to be called for each word of a rank
 */
export function answerTogether(
  ranks: readonly RankProcess[],
  outside: Outside,
  failed: (step: number, error: Error) => void,
): (from: RankProcess, message: HandedOut) => void {
  const arrived = new Map<RankProcess, HandedOut>();
  return (from, message) => {
    arrived.set(from, message);
    if (arrived.size < ranks.length) return;
    const { id, key } = message;
    const parcels = ranks.map((rank) => arrived.get(rank)?.parcel);
    arrived.clear();
    outside(key, parcels).then(
      (answers) =>
        ranks.forEach((rank, index) => {
          const parcel = answers[index];
          rank.send({ kind: "handedBack", id, key, ...(parcel && { parcel }) });
        }),
      (error: Error) => failed(id, error),
    );
  };
}
