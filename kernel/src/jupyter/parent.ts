/** Jupyter says in the environment which process owns the kernel; without it the kernel must not stay behind. */
export function endWithParent(end: () => void): void {
  const parent = Number(process.env["JPY_PARENT_PID"]);
  if (!(parent > 0) || process.ppid !== parent) return;
  setInterval(() => process.ppid === parent || end(), 1000).unref();
}
