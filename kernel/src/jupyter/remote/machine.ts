import { userInfo } from "node:os";
import { parseArgs } from "node:util";

/** Another machine on which kernels run, and how ssh gets there. */
export interface RemoteMachine {
  /** As one writes it behind `ssh`: `gpu-box`, `me@gpu-box`, or a name of ssh's configuration. */
  readonly host: string;
  /** Vitrail's folder there: a clone in which `npm start` was run once, so that it is built. */
  readonly folder: string;
  /** The Node there; by default what a login without a terminal finds as `node`. */
  readonly node?: string | undefined;
  /** Another configuration of ssh than the user's own. */
  readonly config?: string | undefined;
}

/**
 * Reads `host:folder`. Throws one line for anything else, and for a host that ssh would read as an option.
 */
export function readMachine(text: string): Pick<RemoteMachine, "host" | "folder"> {
  const [, host, folder] = /^([^:\s]+):(.+)$/.exec(text) ?? [];
  if (host === undefined || folder === undefined || host.startsWith("-"))
    throw new Error(
      `no machine "${text}": write host:folder, such as ${userInfo().username}@gpu-box:vitrail`,
    );
  return { host, folder };
}

/** Words that `machineOf` reads again. */
export function wordsOf({ host, folder, node, config }: RemoteMachine): string[] {
  const given = Object.entries({ host, folder, node, config });
  return given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

/** Throws one line when the host or the folder is not among the words, or something else is. */
export function machineOf(words: readonly string[]): RemoteMachine {
  const text = { type: "string" } as const;
  const options = { host: text, folder: text, node: text, config: text };
  const { host, folder, ...rest } = parseArgs({ args: [...words], options }).values;
  if (host === undefined || folder === undefined)
    throw new Error(`no host and folder in "${words.join(" ")}"`);
  return { host, folder, ...rest };
}

/** Name of the kernelspec for kernels on this host, which Jupyter allows letters, digits, dots, dashes and underscores. */
export function kernelNameOn(host: string): string {
  return `vitrail-on-${host.replaceAll(/[^\w.-]+/g, "-")}`;
}

/**
 * What the shell there is to run: a program of the built kernel by its path below `dist`, with words that no shell
 * changes. A folder that begins with `~/`, or with no slash, lies in the home folder there.
 */
export function commandOn(
  { folder, node = "node" }: RemoteMachine,
  program: string,
  words: readonly string[],
) {
  const below = folder.replace(/^~(\/|$)/, "./").replace(/\/+$/, "");
  return ["exec", ...[node, `${below}/kernel/dist/${program}`, ...words].map(quoted)].join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
