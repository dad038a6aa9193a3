import { createRequire } from "node:module";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Tensor } from "../graph/tensor.js";

export interface LoadOptions {
  /** Folder that the external data of the model is relative to. */
  readonly weightFolder: string;
  readonly threads: number;
  /** `pack` copies weights into the fastest layout; `map` leaves them in the pages of their files. */
  readonly weights: "pack" | "map";
  /** `cpu`, `webgpu`, `webgpu:n` or `cuda:n`. */
  readonly device: string;
  /**
   * Whether weights are stored in less than float32: half precision or int8. Mapped, they are then widened again in every run instead of
   * once into a private copy, and the memory for it is given back.
   */
  readonly isNarrow: boolean;
  /** Whether threads may spin between operators; costly when processes share cores. */
  readonly spin: boolean;
}

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

/** What computes graphs: one implementation today, over onnxruntime-node. */
export interface Runtime {
  load(model: Uint8Array, options: LoadOptions): Promise<Executable>;
}

/** A device as the user writes it. WebGPU without a number is the adapter that the system prefers. Throws one line for anything else. */
export function parseDevice(
  device: string,
):
  | { readonly kind: "cpu" }
  | { readonly kind: "webgpu"; readonly index: number | undefined }
  | { readonly kind: "cuda"; readonly index: number } {
  const match = /^(?:cpu|(webgpu|cuda)(?::(\d+))?)$/.exec(device);
  if (match === null) throw new Error(`no device "${device}": devices are cpu, webgpu, webgpu:n and cuda:n`);
  const [, kind, digits] = match;
  if (kind === undefined) return { kind: "cpu" };
  if (kind === "cuda") return { kind, index: Number(digits ?? 0) };
  return { kind: "webgpu", index: digits === undefined ? undefined : Number(digits) };
}

/** Onnxruntime has no option for an adapter of WebGPU: a worker sees no other than its own. */
function provider(device: string): InferenceSession.ExecutionProviderConfig {
  const parsed = parseDevice(device);
  return parsed.kind === "cuda" ? { name: "cuda", deviceId: parsed.index } : parsed.kind;
}

/** Settings of one onnxruntime session. */
export function sessionOptions(options: LoadOptions): InferenceSession.SessionOptions {
  const session: Record<string, unknown> = {
    model_external_initializers_file_folder_path: options.weightFolder,
  };
  if (options.weights === "map") session["disable_prepacking"] = "1";
  if (!options.spin) session["intra_op"] = { allow_spinning: "0" };
  else session["force_spinning_stop"] = "1";
  const widenInRun = options.weights === "map" && options.isNarrow;
  return {
    executionProviders: [provider(options.device)],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // Every session has an arena of its own, which would keep the widened weights of its segment for good.
    enableCpuMemArena: !widenInRun,
    // Fatal only: every failure also comes as an error, which we report ourselves.
    logSeverityLevel: 4,
    extra: {
      session,
      ...(widenInRun ? { optimization: { disable_specified_optimizers: "ConstantFolding" } } : {}),
    },
  };
}

/**
 * The library itself. Version 1.30 tells its makers what it loads and runs: it writes events into a data base in the user's cache,
 * with a number for the machine, and sends them when it can. What is studied here is nobody else's business, so that is off
 * unless the user has said otherwise; it asks for it once, when it is loaded.
 */
export function loadOnnxruntime(): typeof import("onnxruntime-node") {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  return createRequire(import.meta.url)("onnxruntime-node") as typeof import("onnxruntime-node");
}

/** onnxruntime-node. Loaded on first use: it starts threads, which a notebook does not need. */
export function onnxruntime(): Runtime {
  const ort = loadOnnxruntime();
  const wrap = ({ dtype, data, shape }: Tensor): OrtTensor =>
    dtype === "f32"
      ? new ort.Tensor("float32", data as Float32Array, shape)
      : new ort.Tensor("int64", data as BigInt64Array, shape);
  return {
    async load(model, options) {
      const session = await ort.InferenceSession.create(model, sessionOptions(options)).catch(
        (error: Error) => explain(error, options.device),
      );
      return {
        async run(feeds, fetches, places) {
          const inputs = Object.fromEntries([...feeds].map(([name, tensor]) => [name, wrap(tensor)]));
          const asked = fetches.map((name) => {
            const place = places?.get(name);
            return [name, place === undefined ? null : wrap(place)] as const;
          });
          const outputs = await session.run(inputs, Object.fromEntries(asked));
          return new Map(fetches.map((name) => [name, places?.get(name) ?? unwrap(name, outputs[name])]));
        },
        release: () => session.release(),
      };
    },
  };
}

/** What onnxruntime says of CUDA libraries that are not there names neither them nor how to have them, and of an adapter not which. */
function explain(error: Error, device: string): never {
  if (/ExecutionProvider_Cuda: Failed to load shared library/.test(error.message))
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

function unwrap(name: string, tensor: OrtTensor | undefined): Tensor {
  if (tensor === undefined) throw new Error(`onnxruntime did not return ${name}`);
  const { type, data, dims: shape } = tensor;
  if (type === "float32") return { dtype: "f32", shape, data: data as Float32Array };
  if (type === "int64") return { dtype: "i64", shape, data: data as BigInt64Array };
  throw new Error(`${name} came back as ${type}: only float32 and int64 leave a graph`);
}
