import { shownAs, table, type Displayable, type Table } from "../display/index.js";
import { printBytes } from "../display/payload/words.js";
import { printMesh } from "../engine/mesh.js";
import { printShape } from "../graph/shape.js";
import type { LastingHook } from "../hooks/lastingHook.js";
import type { Model } from "../models/model.js";
import type { Order } from "./messages.js";
import type { Estimate, SessionStatus, SessionSummary } from "./types.js";

type Shown<T extends object> = T & Displayable;

/** What a session is, and what acts on its runs now. */
export function sessionTable({
  order: { name, model, plan, quantise },
  model: { family, dimensions },
  hooks,
  edited,
}: {
  readonly order: Order;
  readonly model: Model;
  readonly hooks: readonly LastingHook[];
  readonly edited: readonly string[];
}): Table<unknown> {
  const { layers, hidden, heads, vocabulary, maxPositions } = dimensions;
  const off = hooks.filter(({ enabled }) => !enabled).length;
  const facts = {
    model,
    architecture: `${family}: ${layers} layers, ${heads} heads, ${hidden} units, ${vocabulary} tokens, ${maxPositions} positions`,
    devices: `${printMesh(plan.mesh)} on ${plan.devices.join(", ")}`,
    weights: quantise ?? (plan.weights === "pack" ? "packed" : "mapped"),
    hooks: hooks.length === 0 ? "none live" : `${hooks.length - off} live, ${off} disabled`,
    "edited parameters": edited.join(", ") || "none",
  };
  const columns = [
    { title: "session", value: ([fact]: readonly [string, string]) => fact },
    { title: name, value: ([, fact]: readonly [string, string]) => fact },
  ];
  return table(Object.entries(facts), columns);
}

const count = (n: number, of: string) => `${n} ${of}${n === 1 ? "" : "s"}`;

/** The workers, one a row. */
export function showStatus(status: SessionStatus): Shown<SessionStatus> {
  const { name, state, mesh, ranks, weightBytes, residentBytes, clients, quantise } = status;
  const weights = `${printBytes(weightBytes)} of ${quantise === undefined ? "" : `${quantise} `}weights`;
  return shownAs(status, () =>
    table(
      ranks,
      [
        { title: "rank", value: ({ rank }) => `${rank}` },
        { title: "device", value: ({ device }) => device },
        { title: "stage", value: ({ stage }) => stage },
        { title: "replica", value: ({ dataRank }) => dataRank },
        { title: "tensor rank", value: ({ tensorRank }) => tensorRank },
        { title: "layers", value: ({ layers: { from, to } }) => printLayers(from, to) },
        { title: "state", value: ({ state }) => state },
        { title: "memory", value: ({ memory }) => printBytes(memory) },
        { title: "keys and values", value: ({ cacheBytes }) => printBytes(cacheBytes) },
        { title: "pid", value: ({ pid }) => pid ?? "–" },
      ],
      `${name} · ${state} · ${mesh} · ${weights}, ${printBytes(residentBytes)} resident · ${count(clients, "client")}`,
    ),
  );
}

function printLayers(from: number, to: number): string {
  if (to <= from) return "none";
  return to - from === 1 ? `${from}` : `${from}–${to - 1}`;
}

/** The sessions, one a row. */
export function showSessions(sessions: SessionSummary[]): Shown<SessionSummary[]> {
  return shownAs(sessions, () =>
    table(
      sessions,
      [
        { title: "name", value: ({ name }) => name },
        { title: "model", value: ({ model }) => model },
        { title: "mesh", value: ({ mesh }) => mesh },
        { title: "weights", value: ({ quantise }) => quantise ?? "as published" },
        { title: "clients", value: ({ clients }) => clients },
        { title: "open since", value: ({ openedAt }) => openedAt },
        { title: "pid", value: ({ pid }) => pid },
      ],
      sessions.length === 0 ? "no session is open" : `${count(sessions.length, "session")}`,
    ),
  );
}

/** What comes back, one value a row. */
export function showEstimate(estimate: Estimate): Shown<Estimate> {
  return shownAs(estimate, () =>
    table(
      estimate.points,
      [
        { title: "value", value: ({ name }) => name },
        { title: "shape", value: ({ shape }) => printShape(shape) },
        { title: "size", value: ({ bytes }) => printBytes(bytes) },
      ],
      `${printBytes(estimate.bytes)} would come back`,
    ),
  );
}
