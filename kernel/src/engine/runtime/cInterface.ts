import { loadTable, type Handle } from "./cTable.js";

/**
 * What is used of ONNX Runtime's C interface (`onnxruntime_c_api.h`). What fails throws onnxruntime's own message.
 *
 * The package's own binding for node copies every value that a run returns, gives every session threads of its own, which
 * have to be woken for each segment, and takes ten times as long to begin a run; its library is spoken to directly instead.
 */
export interface CInterface {
  availableProviders(): string[];
  createThreading(): Handle;
  setGlobalThreads(threading: Handle, within: number, between: number): void;
  setGlobalSpinning(threading: Handle, spins: boolean): void;
  /** @param level of what is logged: 4 is only what is fatal */
  createEnvironment(level: number, name: string): Handle;
  createSharingEnvironment(level: number, name: string, threading: Handle): Handle;
  /** Describes the memory of this process. */
  createHostMemory(): Handle;
  /** One arena for this memory, for all sessions that want it. */
  shareArena(environment: Handle, memory: Handle): void;
  createOptions(): Handle;
  setLogged(options: Handle, level: number): void;
  useGlobalThreads(options: Handle): void;
  setOwnThreads(options: Handle, within: number, between: number): void;
  setEntry(options: Handle, key: string, value: string): void;
  disableArena(options: Handle): void;
  addProvider(options: Handle, name: string): void;
  addCuda(options: Handle, device: number): void;
  releaseOptions(options: Handle): void;
  createSession(environment: Handle, model: Uint8Array, options: Handle): Handle;
  releaseSession(session: Handle): void;
  /** A value over memory that stays the caller's, which has to outlive it. */
  wrapValue(memory: Handle, data: ArrayBufferView, shape: readonly number[], type: number): Handle;
  /** @param outputs values to compute into; the others are made */
  run(
    session: Handle,
    inputs: readonly (readonly [name: string, value: Handle])[],
    outputs: readonly (readonly [name: string, value: Handle | null])[],
  ): Handle[];
  describeValue(value: Handle): { readonly type: number; readonly shape: number[] };
  /** The memory of a value, which is gone once the value is released. */
  memoryOfValue(value: Handle, bytes: number): ArrayBuffer;
  releaseValue(value: Handle): void;
}

let loaded: CInterface | undefined;

/** Loads the library on first use: it starts threads, which a notebook does not need. Throws where there is none for this system. */
export function cInterface(): CInterface {
  return (loaded ??= load());
}

function load(): CInterface {
  const { koffi, address, made, checked, making, releasing } = loadTable();
  const { pointer, out, inout } = koffi;
  const setGlobalWithin = checked("SetGlobalIntraOpNumThreads", address, "int");
  const setGlobalBetween = checked("SetGlobalInterOpNumThreads", address, "int");
  const setSpin = checked("SetGlobalSpinControl", address, "int");
  const createMemory = making("CreateCpuMemoryInfo", "int", "int");
  const shareArena = checked("CreateAndRegisterAllocator", address, address, address);
  const setWithin = checked("SetIntraOpNumThreads", address, "int");
  const setBetween = checked("SetInterOpNumThreads", address, "int");
  const append = checked("SessionOptionsAppendExecutionProvider", address, "str", address, address, "size_t");
  const createCuda = making("CreateCUDAProviderOptions");
  const updateCuda = checked("UpdateCUDAProviderOptions", address, pointer("str"), pointer("str"), "size_t");
  const appendCuda = checked("SessionOptionsAppendExecutionProvider_CUDA_V2", address, address);
  const releaseCuda = releasing("ReleaseCUDAProviderOptions");
  const createSession = making("CreateSessionFromArray", address, address, "size_t", address);
  const wrapValue = making(
    "CreateTensorWithDataAsOrtValue",
    address,
    address,
    "size_t",
    pointer("int64_t"),
    "size_t",
    "int",
  );
  const names = pointer("str");
  const values = pointer(address);
  const run = checked("Run", address, address, names, values, "size_t", names, "size_t", inout(values));
  const createInfo = making("GetTensorTypeAndShape", address);
  const releaseInfo = releasing("ReleaseTensorTypeAndShapeInfo");
  const elementType = checked("GetTensorElementType", address, out(pointer("int")));
  const axisCount = checked("GetDimensionsCount", address, out(pointer("size_t")));
  const axes = checked("GetDimensions", address, address, "size_t");
  const memoryOf = making("GetTensorMutableData", address);
  const providers = checked("GetAvailableProviders", made, out(pointer("int")));
  const releaseProviders = checked("ReleaseAvailableProviders", address, "int");

  return {
    availableProviders() {
      const list: [Handle | null] = [null];
      const count: [number] = [0];
      providers(list, count);
      const all = koffi.decode(list[0], "str", count[0]) as string[];
      releaseProviders(list[0], count[0]);
      return all;
    },
    createThreading: making("CreateThreadingOptions") as CInterface["createThreading"],
    setGlobalThreads(threading, within, between) {
      setGlobalWithin(threading, within);
      setGlobalBetween(threading, between);
    },
    setGlobalSpinning: (threading, spins) => setSpin(threading, Number(spins)),
    createEnvironment: making("CreateEnv", "int", "str") as CInterface["createEnvironment"],
    createSharingEnvironment: making(
      "CreateEnvWithGlobalThreadPools",
      "int",
      "str",
      address,
    ) as CInterface["createSharingEnvironment"],
    // Of its arenas, for what lies where the processor computes.
    createHostMemory: () => createMemory(1, 0),
    shareArena: (environment, memory) => shareArena(environment, memory, null),
    createOptions: making("CreateSessionOptions") as CInterface["createOptions"],
    setLogged: checked("SetSessionLogSeverityLevel", address, "int") as CInterface["setLogged"],
    useGlobalThreads: checked("DisablePerSessionThreads", address) as CInterface["useGlobalThreads"],
    setOwnThreads(options, within, between) {
      setWithin(options, within);
      setBetween(options, between);
    },
    setEntry: checked("AddSessionConfigEntry", address, "str", "str") as CInterface["setEntry"],
    disableArena: checked("DisableCpuMemArena", address) as CInterface["disableArena"],
    addProvider: (options, name) => append(options, name, null, null, 0),
    addCuda(options, device) {
      const cuda = createCuda();
      try {
        updateCuda(cuda, ["device_id"], [String(device)], 1);
        appendCuda(options, cuda);
      } finally {
        releaseCuda(cuda);
      }
    },
    releaseOptions: releasing("ReleaseSessionOptions"),
    createSession: (environment, model, options) =>
      createSession(environment, model, model.byteLength, options),
    releaseSession: releasing("ReleaseSession"),
    wrapValue: (memory, data, shape, type) =>
      wrapValue(memory, data, data.byteLength, BigInt64Array.from(shape, BigInt), shape.length, type),
    run(session, inputs, outputs) {
      const filled = outputs.map(([, value]) => value);
      run(
        session,
        null,
        inputs.map(([name]) => name),
        inputs.map(([, value]) => value),
        inputs.length,
        outputs.map(([name]) => name),
        outputs.length,
        filled,
      );
      return filled as Handle[];
    },
    describeValue(value) {
      const info = createInfo(value);
      try {
        const [type, count]: [[number], [number]] = [[0], [0]];
        elementType(info, type);
        axisCount(info, count);
        const shape = new BigInt64Array(count[0]);
        axes(info, shape, shape.length);
        return { type: type[0], shape: Array.from(shape, Number) };
      } finally {
        releaseInfo(info);
      }
    },
    memoryOfValue: (value, bytes) => koffi.view(memoryOf(value), bytes),
    releaseValue: releasing("ReleaseValue"),
  };
}
