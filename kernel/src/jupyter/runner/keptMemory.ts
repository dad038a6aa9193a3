/**
 * Environment of a process that reads values of many megabytes again and again, as one cell after another does. Without it glibc
 * maps each anew and gives it back when it is freed, and the system finds and clears its pages one by one: of the 103 MB
 * of logits of 8×64 tokens of OPT-125M, 100 of 130 ms. What is freed and lies on top is given back beyond 512 MB.
 */
export const keptMemory = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: `${2 ** 29}` } as const;

/** Takes it out of this process's environment, which has been read by now: programs that a cell starts have their own ways. */
export function hideKeptMemory(environment: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(keptMemory))
    if (environment[name] === value) delete environment[name];
}
