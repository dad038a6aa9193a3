import type { Model } from "../models/model.js";
import type { Order } from "./messages.js";
import type { OpenOptions } from "./types.js";

/**
 * Checks that a live session is the one that is asked for. Throws one line saying what differs; options that were
 * not given take what the session has, but for `quantise`: other weights are another model.
 */
export function checkCompatible(
  order: Order,
  model: string,
  { checkpoint: { fingerprint, stamp }, quantise: own }: Pick<Model, "checkpoint" | "quantise">,
  options: OpenOptions,
): void {
  const { name, plan } = order;
  const advice = "close it, or open under another name";
  if (order.fingerprint !== fingerprint)
    throw new Error(
      `session "${name}" holds ${order.model} (${order.fingerprint.slice(0, 8)}), ` +
        `not ${model} (${fingerprint.slice(0, 8)}): ${advice}`,
    );
  // Equal samples of other files, or of files that were written since, are no proof of equal weights.
  if (order.stamp !== stamp)
    throw new Error(
      `session "${name}" holds ${order.model} as it was when it was opened, and other files than ${model} has now: ${advice}`,
    );
  const { devices, mesh, quantise, weights, threads, collectives, idleMinutes } = options;
  const asked: [string, unknown, unknown][] = [
    [
      "devices",
      typeof devices === "number" ? devices : devices?.join(", "),
      typeof devices === "number" ? plan.devices.length : plan.devices.join(", "),
    ],
    ["mesh.pipeline", mesh?.pipeline, plan.mesh.pipeline],
    ["mesh.data", mesh?.data, plan.mesh.data],
    ["mesh.tensor", mesh?.tensor, plan.mesh.tensor],
    ["quantise", quantise ?? own ?? "none", order.quantise ?? "none"],
    ["weights", weights, plan.weights],
    ["threads", threads, plan.threads],
    ["idleMinutes", idleMinutes, order.idleMinutes],
    [
      "collectives",
      collectives === "auto" || plan.collectives === "alone" ? undefined : collectives,
      plan.collectives,
    ],
  ];
  for (const [option, wanted, has] of asked)
    if (wanted !== undefined && wanted !== has)
      throw new Error(
        `session "${name}" is open with ${option} ${String(has)}, not ${String(wanted)}: ${advice}`,
      );
}
