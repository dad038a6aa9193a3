import { resolve } from "node:path";
import { progress, type Progress } from "../display/index.js";
import { inspectHost } from "../engine/plan/host.js";
import { plan as makePlan } from "../engine/plan/plan.js";
import { elementBytes } from "../graph/dtype.js";
import { elementCount } from "../graph/rowMajor.js";
import { refuseOtherHead } from "../models/checkpoint/tiedHead.js";
import { isHubModel, resolveModel } from "../models/hub/resolve.js";
import { checkMesh, openModel, type Model } from "../models/model.js";
import { quantisations, quantised } from "../models/quantise/quantised.js";
import { BrokerClient } from "./client.js";
import { collectSeldom } from "./collection.js";
import { checkCompatible } from "./compatible.js";
import { nameFor, quantisedFile, sessionFolder } from "./folder.js";
import { cancelSignal, notebookHost } from "./host.js";
import type { Order } from "./messages.js";
import { startBroker } from "./start.js";
import type { OpenOptions } from "./types.js";

/** Node's timers last no longer, in minutes. */
const longestIdle = 35_791;

/** A checkpoint that was read, and the way to the processes that hold it. */
export interface OpenedSession {
  readonly client: BrokerClient;
  readonly model: Model;
}

/** What `Session.open` does: checks and plans, then finds the live session of this name or starts one. Throws as it does. */
export async function openSession(model: string, options: OpenOptions): Promise<OpenedSession> {
  const say = options.quiet === true ? () => {} : (text: string) => console.log(text);
  const name = options.name ?? nameFor(model);
  sessionFolder(name);
  const idleMinutes = options.idleMinutes ?? 60;
  if (!(idleMinutes > 0)) throw new Error(`idleMinutes ${idleMinutes}: must be above 0`);
  if (idleMinutes > longestIdle)
    throw new Error(`idleMinutes ${idleMinutes}: must be at most ${longestIdle}, which is 24 days`);
  const { quantise } = options;
  if (quantise !== undefined && !quantisations.includes(quantise))
    throw new Error(
      `quantise ${JSON.stringify(quantise)}: choose ${quantisations.join(", ")}, or leave it out`,
    );
  const earlier = await BrokerClient.connect(name);
  let opened: Model;
  try {
    opened = await openModel(await folderOf(earlier?.order, model, options));
  } catch (error) {
    earlier?.disconnect();
    throw error;
  }
  for (let live = earlier; ; live = await BrokerClient.connect(name)) {
    if (live !== undefined)
      return attach(live, () => {
        checkCompatible(live.order, model, opened, options);
        say(`session "${name}" found again: ${live.order.plan.reason.split("\n")[0]}`);
      });
    for (const [head, table] of opened.tiedHeads) await refuseOtherHead(head, table);
    const order = makeOrder(name, model, opened, { ...options, idleMinutes });
    say(order.plan.reason);
    const started = await startBroker(order);
    if (started !== undefined) return attach(started, () => {});
    // Somebody else opened this name in the same moment: use theirs, if it is what we want.
  }

  async function attach(client: BrokerClient, check: () => void): Promise<OpenedSession> {
    let isChecked = false;
    try {
      check();
      isChecked = true;
      await load(client, options.quiet === true);
    } catch (error) {
      client.disconnect();
      // A broker that could not load ends, and whoever opens the name at once should not meet it.
      if (isChecked) await client.ended(2000);
      throw error;
    }
    collectSeldom();
    notebookHost()?.sessionOpened(name);
    const { order } = client;
    const held = order.quantise && quantisedFile(sessionFolder(name), order.quantise);
    return { client, model: held ? quantised(opened, held) : opened };
  }
}

/** Checks and plans. Throws one line for what cannot be. */
function makeOrder(
  name: string,
  model: string,
  opened: Model,
  options: OpenOptions & { idleMinutes: number },
): Order {
  const { quantise } = options;
  // Only sizes are asked of it: the file is not there yet.
  const held = quantise === undefined ? opened : quantised(opened, { rule: quantise, file: "" });
  const { checkpoint, dimensions, weightBytes, layerBytes, embedBytes, headBytes } = held;
  const float32Bytes = [...held.parameters.values()].reduce(
    (sum, { shape }) => sum + elementCount(shape) * elementBytes.f32,
    0,
  );
  const { layers } = dimensions;
  const size = {
    layers,
    layerBytes,
    embedBytes,
    headBytes,
    weightBytes,
    float32Bytes,
    quantise: held.quantise,
  };
  const plan = makePlan(
    size,
    options,
    inspectHost(typeof options.devices === "object" ? options.devices : []),
  );
  checkMesh(opened, plan.mesh.tensor);
  return {
    name,
    model,
    // The broker and its workers run in another folder.
    folder: resolve(checkpoint.folder),
    fingerprint: checkpoint.fingerprint,
    stamp: checkpoint.stamp,
    weightBytes,
    ...(held.quantise && { quantise: held.quantise }),
    plan: { ...plan, devices: [...plan.devices], stages: plan.stages.map((stage) => ({ ...stage })) },
    idleMinutes: options.idleMinutes,
    openedAt: new Date().toISOString(),
  };
}

/**
 * Where the model lies: for a live session of it where that one has it, so that a model of the hub is found again
 * without the hub, whatever has been published since.
 */
function folderOf(live: Order | undefined, model: string, options: OpenOptions): string | Promise<string> {
  const isSame = live?.model === model && options.revision === undefined && isHubModel(model);
  return isSame ? live.folder : locate(model, options);
}

/** The model's folder; a hub model is downloaded as far as it is not there, with a bar. */
async function locate(model: string, { revision, quiet }: OpenOptions): Promise<string> {
  let bar: Progress | undefined;
  const signal = cancelSignal(undefined);
  const { folder } = await resolveModel(model, {
    ...(revision !== undefined && { revision }),
    ...(signal !== undefined && { signal }),
    onProgress: ({ received, total, file }) => {
      if (quiet === true) return;
      bar ??= progress(1, `downloading ${model}`);
      bar.set(total === 0 ? 1 : Math.min(1, received / total), file);
    },
  });
  bar?.set(1, "");
  bar?.finish();
  return folder;
}

/** Waits until the workers are ready, showing how far they are. */
async function load(client: BrokerClient, quiet: boolean): Promise<void> {
  if (quiet) return client.ready();
  let bar: Progress | undefined;
  let doing: string | undefined;
  await client.ready(({ done, total, label, work }) => {
    if (doing !== undefined && doing !== work) {
      bar?.set(1, "");
      bar?.finish();
      bar = undefined;
    }
    doing = work;
    bar ??= progress(1, `${work} ${client.order.name}`);
    bar.set(total === 0 ? 0 : done / total, label);
  });
  bar?.set(1, "");
  bar?.finish("ready");
}
