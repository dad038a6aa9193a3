import { setImmediate as turn } from "node:timers/promises";
import type { Tensor } from "../../graph/tensor.js";
import { cInterface } from "./cInterface.js";
import type { Handle } from "./cTable.js";
import { parseDevice } from "./device.js";
import { environment, logged, type Crew } from "./environment.js";
import { entriesOf, widensInRun } from "./settings.js";
import { lend, take } from "./values.js";

export interface LoadOptions {
  /** Folder that the external data of the model is relative to. */
  readonly weightFolder: string;
  /** `pack` copies weights into the fastest layout; `map` leaves them in the pages of their files. */
  readonly weights: "pack" | "map";
  /** `cpu`, `webgpu`, `webgpu:n` or `cuda:n`. */
  readonly device: string;
  /**
   * Whether weights are stored in less than float32: half precision or int8. Mapped, they are then widened again in every run instead of
   * once into a private copy, and the memory for it is given back.
   */
  readonly isNarrow: boolean;
}

/** A graph that brings its weights along, or has none, on the processor. */
export const plainly: LoadOptions = { weightFolder: "/", weights: "pack", device: "cpu", isNarrow: false };

/** A model that is ready to run. */
export interface Executable {
  /**
   * Runs and returns the fetched values, each in a buffer of its own. Blocks this thread while it computes.
   *
   * @param places memory that some of them are computed in, of their shape
   */
  run(
    feeds: ReadonlyMap<string, Tensor>,
    fetches: readonly string[],
    places?: ReadonlyMap<string, Tensor>,
  ): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

/** What computes graphs: one implementation today, over the library of onnxruntime-node. */
export interface Runtime {
  load(model: Uint8Array, options: LoadOptions): Promise<Executable>;
}

/** onnxruntime in this process. Loaded on first use. */
export function onnxruntime(crew: Crew): Runtime {
  return {
    async load(model, options) {
      const c = cInterface();
      const { memory } = environment(crew);
      const session = createSession(model, options, crew);
      return {
        async run(feeds, fetches, places) {
          const lentIn = [...feeds].map(([name, tensor]) => [name, lend(memory, tensor)] as const);
          const asked = fetches.map((name) => {
            const place = places?.get(name);
            return [name, place === undefined ? null : lend(memory, place)] as const;
          });
          try {
            const values = c.run(session, lentIn, asked);
            return new Map(
              fetches.map((name, i) => [name, places?.get(name) ?? take(name, values[i] as Handle)]),
            );
          } finally {
            for (const [, value] of [...lentIn, ...asked]) if (value !== null) c.releaseValue(value);
            // What has come meanwhile is heard now, and what nobody has any more is given back.
            await turn();
          }
        },
        release: async () => c.releaseSession(session),
      };
    },
  };
}

function createSession(model: Uint8Array, options: LoadOptions, crew: Crew): Handle {
  const c = cInterface();
  const { handle } = environment(crew);
  const settings = c.createOptions();
  try {
    // The environment may be another's, which logs more.
    c.setLogged(settings, logged);
    if (crew.shared) c.useGlobalThreads(settings);
    else c.setOwnThreads(settings, crew.threads, 1);
    for (const [key, value] of entriesOf(options, crew)) c.setEntry(settings, key, value);
    // An arena would keep the widened weights of a segment for good.
    if (widensInRun(options)) c.disableArena(settings);
    // Onnxruntime has no option for an adapter of WebGPU: a worker sees no other than its own.
    const device = parseDevice(options.device);
    if (device.kind === "cuda") c.addCuda(settings, device.index);
    else if (device.kind === "webgpu") c.addProvider(settings, "WebGPU");
    return c.createSession(handle, model, settings);
  } catch (error) {
    return explain(error as Error, options.device);
  } finally {
    c.releaseOptions(settings);
  }
}

/** What onnxruntime says of CUDA libraries that are not there names neither them nor how to have them, and of an adapter not which. */
function explain(error: Error, device: string): never {
  if (/onnxruntime_providers_/.test(error.message))
    throw new Error(
      "onnxruntime-node has no CUDA libraries here, or they do not find CUDA: npm rebuild onnxruntime-node --ignore-scripts=false",
    );
  const [, why] = /Failed to get a WebGPU adapter: ([^\n]+)/.exec(error.message) ?? [];
  if (why !== undefined)
    throw new Error(
      `onnxruntime cannot use ${device}: "${why}", so its driver lacks something that WebGPU needs`,
    );
  throw error;
}
