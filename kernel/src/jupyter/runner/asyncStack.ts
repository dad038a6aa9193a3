interface AsyncWrap {
  readonly async_hook_fields: Uint32Array;
  readonly constants: { readonly kTotals: number; readonly kCheck: number };
}

type WithBinding = typeof process & { binding?(name: "async_wrap"): AsyncWrap };

/**
 * Lets a terminated loop leave Node's stack of asynchronous contexts unfinished. While any async hook is enabled, as
 * AsyncLocalStorage does before Node 24, Node checks that stack after every callback and aborts the process when it is
 * not empty, whatever `--no-force-async-hooks-checks` says. The two counters that ask for the check are set to nought;
 * the hooks themselves do not depend on them. Enabling a hook raises them again, so this is done before every cell.
 */
export function forgiveAsyncStack(): void {
  const wrap = asyncWrap();
  if (!wrap) return;
  wrap.async_hook_fields[wrap.constants.kTotals] = 0;
  wrap.async_hook_fields[wrap.constants.kCheck] = 0;
}

/** Undefined where Node gives it to nobody any more, as since 24, which has no need of this either. */
function asyncWrap(): AsyncWrap | undefined {
  try {
    return (process as WithBinding).binding?.("async_wrap");
  } catch {
    return undefined;
  }
}
