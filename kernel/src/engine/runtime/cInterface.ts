import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { LibraryHandle, TypeObject } from "koffi";

/** The address of something that onnxruntime made, which its maker releases. */
export type Handle = bigint;

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

/** The version of the interface, all of whose functions stay where they are in the versions after it. */
const version = 22;

let loaded: CInterface | undefined;
/** koffi unloads a library whose handle is collected while its functions are still in use: hold it here. */
let library: LibraryHandle | undefined;

/** Where the package keeps the library of this system, and those of CUDA if it has them. */
export function libraryFolder(): string {
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(folder, "bin", "napi-v6", process.platform, process.arch);
}

/** Loads the library on first use: it starts threads, which a notebook does not need. Throws where there is none for this system. */
export function cInterface(): CInterface {
  return (loaded ??= load());
}

function load(): CInterface {
  // Version 1.30 tells its makers what it loads and runs: it writes events into a data base in the user's cache, with a number for
  // the machine, and sends them when it can. What is studied here is nobody else's business, so that is off unless the user has
  // said otherwise; it asks for it once, when it is loaded.
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const file = { linux: "libonnxruntime.so.1", darwin: "libonnxruntime.1.dylib", win32: "onnxruntime.dll" };
  library = koffi.load(join(libraryFolder(), file[process.platform as keyof typeof file] ?? file.linux));

  const { pointer, out, inout } = koffi;
  const address = pointer("void");
  const made = out(pointer(address));
  const base = library.func("OrtGetApiBase", address, [])() as Handle;
  const getTable = koffi.decode(koffi.decode(base, address), koffi.proto(address, ["uint32_t"]));
  const table = getTable(version) as Handle;

  type Arguments = readonly (string | TypeObject | ReturnType<typeof out>)[];
  /** The function at a place in the table of all functions. */
  const at = (place: number, result: string | TypeObject, ...given: Arguments) =>
    koffi.decode(
      koffi.decode(table, place * koffi.sizeof(address), address),
      koffi.proto(result, [...given]),
    ) as (...values: unknown[]) => unknown;
  const message = at(2, "str", address);
  const releaseStatus = at(93, "void", address);
  /** One that says by what it returns whether it failed. */
  const checked = (place: number, ...given: Arguments) => {
    const call = at(place, address, ...given);
    return (...values: unknown[]): void => {
      const status = call(...values);
      if (status === null) return;
      const why = message(status) as string;
      releaseStatus(status);
      throw new Error(why);
    };
  };
  /** One whose last argument is where it puts what it makes. */
  const making = (place: number, ...given: Arguments) => {
    const call = checked(place, ...given, made);
    return (...values: unknown[]): Handle => {
      const place: [Handle | null] = [null];
      call(...values, place);
      return place[0] as Handle;
    };
  };
  const releasing = (place: number) => at(place, "void", address) as (handle: Handle) => void;

  const setGlobalWithin = checked(147, address, "int");
  const setGlobalBetween = checked(148, address, "int");
  const setSpin = checked(149, address, "int");
  const createMemory = making(69, "int", "int");
  const shareArena = checked(144, address, address, address);
  const setWithin = checked(24, address, "int");
  const setBetween = checked(25, address, "int");
  const append = checked(216, address, "str", address, address, "size_t");
  const createCuda = making(205);
  const updateCuda = checked(206, address, pointer("str"), pointer("str"), "size_t");
  const appendCuda = checked(204, address, address);
  const releaseCuda = releasing(208);
  const createSession = making(8, address, address, "size_t", address);
  const wrapValue = making(49, address, address, "size_t", pointer("int64_t"), "size_t", "int");
  const names = pointer("str");
  const values = pointer(address);
  const run = checked(9, address, address, names, values, "size_t", names, "size_t", inout(values));
  const createInfo = making(65, address);
  const releaseInfo = releasing(99);
  const elementType = checked(60, address, out(pointer("int")));
  const axisCount = checked(61, address, out(pointer("size_t")));
  const axes = checked(62, address, address, "size_t");
  const memoryOf = making(51, address);
  const providers = checked(125, made, out(pointer("int")));
  const releaseProviders = checked(126, address, "int");

  return {
    availableProviders() {
      const list: [Handle | null] = [null];
      const count: [number] = [0];
      providers(list, count);
      const all = koffi.decode(list[0], "str", count[0]) as string[];
      releaseProviders(list[0], count[0]);
      return all;
    },
    createThreading: making(121) as CInterface["createThreading"],
    setGlobalThreads(threading, within, between) {
      setGlobalWithin(threading, within);
      setGlobalBetween(threading, between);
    },
    setGlobalSpinning: (threading, spins) => setSpin(threading, Number(spins)),
    createEnvironment: making(3, "int", "str") as CInterface["createEnvironment"],
    createSharingEnvironment: making(119, "int", "str", address) as CInterface["createSharingEnvironment"],
    // Of its arenas, for what lies where the processor computes.
    createHostMemory: () => createMemory(1, 0),
    shareArena: (environment, memory) => shareArena(environment, memory, null),
    createOptions: making(10) as CInterface["createOptions"],
    useGlobalThreads: checked(120, address) as CInterface["useGlobalThreads"],
    setOwnThreads(options, within, between) {
      setWithin(options, within);
      setBetween(options, between);
    },
    setEntry: checked(130, address, "str", "str") as CInterface["setEntry"],
    disableArena: checked(19, address) as CInterface["disableArena"],
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
    releaseOptions: releasing(100),
    createSession: (environment, model, options) =>
      createSession(environment, model, model.byteLength, options),
    releaseSession: releasing(95),
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
    releaseValue: releasing(96),
  };
}
