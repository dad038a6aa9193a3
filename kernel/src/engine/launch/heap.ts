import { readFileSync } from "node:fs";

/**
 * glibc maps what is large anew and gives it back when it is freed, so that every step of a model pays for fresh pages: of
 * 1×128 tokens of OPT-125M with everything captured a tenth of the step, of the logits of 8×64 tokens 70 ms. Here all
 * comes from one heap, which keeps up to a gigabyte of what is free on top.
 */
const kept = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: `${2 ** 30}` };

/** From glibc 2.35 on the heap asks for pages of 2 MB, which Linux gives to who asks where it is set to `madvise`, as is usual. */
const huge = "glibc.malloc.hugetlb=1";

/**
 * Environment of a worker whose heap will hold so many bytes; the user's own settings come before these.
 *
 * A pass reads all weights, and in pages of 4 kB it waits for the processor to find them: a tenth of it, and as much of a token.
 * The heap is given its room at once, which takes no memory until it is used: V8 would put its code right behind a heap that
 * ends at a whole 2 MB, and a heap that cannot grow goes on in pieces, between which 200 of 1,100 MB were lost.
 */
export function heapSettings(
  bytes: number,
  environment: NodeJS.ProcessEnv = process.env,
  counted = countsPromises(),
): NodeJS.ProcessEnv {
  if (counted) return { ...kept, ...environment };
  const { GLIBC_TUNABLES: own } = environment;
  return {
    ...kept,
    MALLOC_TOP_PAD_: `${Math.ceil(bytes)}`,
    ...environment,
    // Of settings that are there twice glibc takes the last.
    GLIBC_TUNABLES: own ? `${huge}:${own}` : huge,
  };
}

/** Whether the system counts memory that nobody has used yet, so that much of it may not be had. */
function countsPromises(): boolean {
  try {
    return readFileSync("/proc/sys/vm/overcommit_memory", "utf8").trim() === "2";
  } catch {
    return false;
  }
}
