import type { LibraryHandle } from "koffi";
import { foreign } from "../foreign.js";

/** The few calls that shared memory between processes needs. */
export interface Posix {
  shmOpen(name: string, flags: number, mode: number): number;
  /** 0, or an error number when the memory cannot be had (a sparse file would kill its user later). */
  allocate(file: number, bytes: number): number;
  map(file: number, bytes: number): ArrayBuffer;
  /** Whoever reads or writes the memory after this ends the process. */
  unmap(memory: ArrayBuffer): void;
  close(file: number): void;
  /** Takes the lock of an open file or folder until it is closed; false where somebody else has it. */
  lock(file: number): boolean;
  /** Sleeps until the word is no longer `value`, a wake comes, or the time is over. */
  futexWait(word: Int32Array, value: number, milliseconds: number): void;
  /** Wakes everybody who sleeps on the word. */
  futexWake(word: Int32Array): void;
  errno(): number;
}

const futexNumbers: Readonly<Record<string, number>> = { x64: 202, arm64: 98 };

/** Held, as `foreign` says. */
const libraries: LibraryHandle[] = [];
let loaded: Posix | undefined;

/**
 * The calls on this machine. Throws one line where they cannot be had: only Linux has futexes, so that on
 * macOS and Windows the sockets are used.
 */
export function posix(): Posix {
  loaded ??= loadPosix();
  return loaded;
}

function loadPosix(): Posix {
  const futexNumber = futexNumbers[process.arch];
  if (process.platform !== "linux" || futexNumber === undefined)
    throw new Error(
      `shared-memory collectives need Linux on x64 or arm64, not ${process.platform} ${process.arch}`,
    );
  const koffi = foreign();
  const libc = open(koffi, [
    "libc.so.6",
    `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`,
    "libc.so",
  ]);
  const memory = has(libc, "shm_open") ? libc : open(koffi, ["librt.so.1"]);
  const shmOpen = memory.func("int shm_open(const char *, int, uint32_t)");
  const allocate = libc.func("int posix_fallocate(int, int64_t, int64_t)");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const munmap = libc.func("int munmap(void *, size_t)");
  const close = libc.func("int close(int)");
  const flock = libc.func("int flock(int, int)");
  const futex = libc.func("long syscall(long, void *, long, long, void *, void *, long)");
  const failed = 2n ** 64n - 1n;
  return {
    shmOpen: (name, flags, mode) => shmOpen(name, flags, mode),
    allocate: (file, bytes) => allocate(file, 0, bytes),
    map(file, bytes) {
      const pointer: bigint | null = mmap(null, bytes, 3, 1, file, 0);
      if (pointer === null || pointer === failed)
        throw new Error(`mmap of ${bytes} bytes failed with error ${koffi.errno()}`);
      return koffi.view(pointer, bytes);
    },
    unmap: (memory) => void munmap(memory, memory.byteLength),
    close: (file) => void close(file),
    // Exclusive, and without waiting.
    lock: (file) => flock(file, 6) === 0,
    futexWait(word, value, milliseconds) {
      const until = BigInt64Array.of(
        BigInt(Math.floor(milliseconds / 1000)),
        BigInt((milliseconds % 1000) * 1_000_000),
      );
      futex(futexNumber, word, 0, value, until, null, 0);
    },
    futexWake: (word) => void futex(futexNumber, word, 1, 0x7fffffff, null, null, 0),
    errno: () => koffi.errno(),
  };
}

function open(koffi: typeof import("koffi"), names: readonly string[]): LibraryHandle {
  for (const name of names) {
    try {
      const library = koffi.load(name);
      libraries.push(library);
      return library;
    } catch {
      continue;
    }
  }
  throw new Error(`no C library found under ${names.join(", ")}`);
}

function has(library: LibraryHandle, symbol: string): boolean {
  try {
    library.symbol(symbol, "void *");
    return true;
  } catch {
    return false;
  }
}
