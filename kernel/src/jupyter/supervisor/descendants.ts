import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** Running processes: from /proc, since small systems have no `ps`, else from `ps`. */
function processes(): Row[] {
  if (process.platform === "win32") return [];
  if (process.platform !== "linux")
    return execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid="], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([pid = 0, parent = 0, group = 0]) => ({ pid, parent, group }));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name in parentheses may hold anything; state, parent and group follow it.
        const fields = readFileSync(`/proc/${name}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return [{ pid: Number(name), parent: Number(fields[1]), group: Number(fields[2]) }];
      } catch {
        return [];
      }
    });
}

/** Processes below `root` in its own process group. Detached ones, such as brokers of sessions, have groups of their own. */
export function attachedDescendants(root: number): number[] {
  const table = processes();
  const group = table.find(({ pid }) => pid === root)?.group;
  const below = (parent: number): number[] =>
    table
      .filter((row) => row.parent === parent && row.group === group)
      .flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(root);
}
