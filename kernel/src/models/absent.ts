/** Canonical points that only some architectures have, why the others do not, and behind a colon which are there instead. */
type Absent = Readonly<Record<string, string>>;

/** One module projects queries, keys and values together. */
export function fusedAbsent(module: string): Absent {
  const why = `${module} projects queries, keys and values in one: what it reads is attention.in`;
  return { "attention.q.in": why, "attention.k.in": why, "attention.v.in": why };
}

/** The MLP has no gate. */
export function gateAbsent(): Absent {
  const why = "this mlp has no gate: its one projection reads mlp.in and gives mlp.pre";
  return { "mlp.gate.in": why, "mlp.up.in": why, "mlp.gate": why, "mlp.up": why };
}

/** Positions are not added to the embedding. */
export function embedAbsent(): Absent {
  const why = "this model adds no positions to the embedding: what the table gives is embedding";
  return { "embedding.tokens": why, "embedding.positions": why };
}

/** Embeddings are as wide as the residual, so that nothing is projected between. */
export function headAbsent(isWide: boolean): Absent {
  if (!isWide) return {};
  const why = "embeddings are as wide as the residual and not projected";
  return {
    "embedding.projected": `${why}: what the layers read is embedding`,
    "logits.in": `${why}: the head reads norm`,
  };
}

/** Rotary positions are a table, and no activation, although transformers has a module of them. */
export function rotaryAbsent(module: string): Absent {
  const why = "its cosines and sines are of positions alone: what they turn is attention.qRotary and kRotary";
  return { [module]: why };
}
