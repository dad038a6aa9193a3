/** Bytes of the parts of a model that stages are made of, in order. */
export interface StageBytes {
  readonly layerBytes: readonly number[];
  readonly embedBytes: number;
  readonly headBytes: number;
}

/**
 * Cuts the layers into `stages` contiguous ranges, none empty, so that the heaviest stage is as light as it can
 * be; the first stage also carries the embedding, the last the head. Among equals the earlier stages are lighter.
 *
 * @returns the first layer of each stage, and the number of layers at the end
 */
export function balance({ layerBytes, embedBytes, headBytes }: StageBytes, stages: number): number[] {
  const layers = layerBytes.length;
  const before = [0];
  for (const bytes of layerBytes) before.push((before.at(-1) as number) + bytes);
  const weigh = (from: number, to: number, stage: number) =>
    (before[to] as number) -
    (before[from] as number) +
    (stage === 0 ? embedBytes : 0) +
    (stage === stages - 1 ? headBytes : 0);

  // heaviest[s][n]: the lightest possible heaviest stage when the first s + 1 stages hold the first n layers.
  const heaviest: number[][] = [];
  const cut: number[][] = [];
  for (let stage = 0; stage < stages; stage++) {
    heaviest.push(new Array<number>(layers + 1).fill(Infinity));
    cut.push(new Array<number>(layers + 1).fill(0));
    for (let to = stage + 1; to <= layers; to++) {
      for (let from = stage === 0 ? 0 : stage; from < to; from++) {
        if (stage === 0 && from > 0) break;
        const earlier = stage === 0 ? 0 : (heaviest[stage - 1]?.[from] as number);
        const worst = Math.max(earlier, weigh(from, to, stage));
        if (worst >= (heaviest[stage]?.[to] as number)) continue;
        (heaviest[stage] as number[])[to] = worst;
        (cut[stage] as number[])[to] = from;
      }
    }
  }
  const ends = [layers];
  for (let stage = stages - 1; stage >= 0; stage--) ends.unshift(cut[stage]?.[ends[0] as number] as number);
  return ends;
}
