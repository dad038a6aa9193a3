/** Work that was given up. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
  constructor(work: string) {
    super(`${work} cancelled`);
  }
}

/** What work gives, unless the signal comes first: then it throws `CancelledError`, and what was begun ends for nobody. */
export async function unlessCancelled<T>(
  what: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  let cancel = () => {};
  const given = new Promise<never>((_, reject) => {
    cancel = () => reject(new CancelledError(what));
  });
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    return await Promise.race([given, work()]);
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
