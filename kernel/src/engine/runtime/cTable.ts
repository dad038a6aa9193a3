import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { LibraryHandle, TypeObject } from "koffi";
import { foreign } from "../foreign.js";

/** The address of something that onnxruntime made, which its maker releases. */
export type Handle = bigint;

/** The functions that are used, by their place in the table of all (`struct OrtApi` of `onnxruntime_c_api.h`), where they stay. */
const places = {
  GetErrorMessage: 2,
  CreateEnv: 3,
  CreateSessionFromArray: 8,
  Run: 9,
  CreateSessionOptions: 10,
  DisableCpuMemArena: 19,
  SetSessionLogSeverityLevel: 22,
  SetIntraOpNumThreads: 24,
  SetInterOpNumThreads: 25,
  CreateTensorWithDataAsOrtValue: 49,
  GetTensorMutableData: 51,
  GetTensorElementType: 60,
  GetDimensionsCount: 61,
  GetDimensions: 62,
  GetTensorTypeAndShape: 65,
  CreateCpuMemoryInfo: 69,
  ReleaseStatus: 93,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseTensorTypeAndShapeInfo: 99,
  ReleaseSessionOptions: 100,
  CreateEnvWithGlobalThreadPools: 119,
  DisablePerSessionThreads: 120,
  CreateThreadingOptions: 121,
  GetAvailableProviders: 125,
  ReleaseAvailableProviders: 126,
  AddSessionConfigEntry: 130,
  CreateAndRegisterAllocator: 144,
  SetGlobalIntraOpNumThreads: 147,
  SetGlobalInterOpNumThreads: 148,
  SetGlobalSpinControl: 149,
  SessionOptionsAppendExecutionProvider_CUDA_V2: 204,
  CreateCUDAProviderOptions: 205,
  UpdateCUDAProviderOptions: 206,
  ReleaseCUDAProviderOptions: 208,
  SessionOptionsAppendExecutionProvider: 216,
} as const;
type Name = keyof typeof places;

/** The oldest version of the table that has them all. */
const version = 22;

/** How values are passed, by koffi's names. */
export type Argument = string | TypeObject | ReturnType<typeof import("koffi").out>;

/** Functions of onnxruntime as koffi calls them. */
export interface CTable {
  readonly koffi: typeof import("koffi");
  /** A pointer to anything. */
  readonly address: TypeObject;
  /** Where a function puts a pointer. */
  readonly made: Argument;
  /** One that says by what it returns whether it failed, which then throws onnxruntime's message. */
  checked(name: Name, ...given: Argument[]): (...values: unknown[]) => void;
  /** One whose last argument is where it puts what it makes. */
  making(name: Name, ...given: Argument[]): (...values: unknown[]) => Handle;
  releasing(name: Name): (handle: Handle) => void;
}

/** Held, as `foreign` says. */
let library: LibraryHandle | undefined;

/** Where the package keeps the library of this system, and those of CUDA if it has them. */
export function libraryFolder(): string {
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(folder, "bin", "napi-v6", process.platform, process.arch);
}

const files: Readonly<Record<string, string>> = {
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
};

/** Loads the library, which starts threads. Throws where the package has none for this system. */
export function loadTable(): CTable {
  // Version 1.30 tells its makers what it loads and runs: it writes events into a data base in the user's cache, with a number for
  // the machine, and sends them when it can. What is studied here is nobody else's business, so that is off unless the user has
  // said otherwise; it asks for it once, when it is loaded.
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  const koffi = foreign();
  library = koffi.load(join(libraryFolder(), files[process.platform] ?? "libonnxruntime.so.1"));

  const address = koffi.pointer("void");
  const made = koffi.out(koffi.pointer(address));
  const base = library.func("OrtGetApiBase", address, [])() as Handle;
  const getTable = koffi.decode(koffi.decode(base, address), koffi.proto(address, ["uint32_t"]));
  const table = getTable(version) as Handle;
  const called = (name: Name, result: string | TypeObject, given: readonly Argument[]) =>
    koffi.decode(
      koffi.decode(table, places[name] * koffi.sizeof(address), address),
      koffi.proto(result, [...given]),
    ) as (...values: unknown[]) => unknown;

  const message = called("GetErrorMessage", "str", [address]);
  const releaseStatus = called("ReleaseStatus", "void", [address]);
  const checked: CTable["checked"] = (name, ...given) => {
    const call = called(name, address, given);
    return (...values) => {
      const status = call(...values);
      if (status === null) return;
      const why = message(status) as string;
      releaseStatus(status);
      throw new Error(why);
    };
  };
  return {
    koffi,
    address,
    made,
    checked,
    making(name, ...given) {
      const call = checked(name, ...given, made);
      return (...values) => {
        const place: [Handle | null] = [null];
        call(...values, place);
        return place[0] as Handle;
      };
    },
    releasing: (name) => called(name, "void", [address]) as (handle: Handle) => void,
  };
}
