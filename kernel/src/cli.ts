#!/usr/bin/env node
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { remoteKernelspecs, removeRemoteKernelspec } from "./jupyter/kernelspec.js";
import { packageVersion } from "./jupyter/packageVersion.js";
import { readMachine } from "./jupyter/remote/machine.js";
import { registerMachine } from "./jupyter/remote/register.js";
import { closeSession, listSessions } from "./session/live.js";
import { printBytes } from "./models/checkpoint/printBytes.js";
import { examine } from "./session/doctor.js";
import { catalogue } from "./tuning/datasets/catalogue.js";
import { fetchData, hasData, termsOf } from "./tuning/datasets/fetch.js";

const text = { type: "string" } as const;
const kernelOptions = { prefix: text, node: text, config: text };
const options = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  ...kernelOptions,
} as const;
type KernelOptions = { readonly [name in keyof typeof kernelOptions]?: string };

interface Command {
  readonly usage: string;
  /** Returns the exit status. */
  run(words: readonly string[], options: KernelOptions): Promise<number>;
}

/** The Jupyter that `npm start` made in this clone. */
const ownJupyter = fileURLToPath(new URL("../../.vitrail/jupyter", import.meta.url));

/** Where the Jupyter is whose kernels are meant. Throws one line when nothing says it. */
function jupyterAt({ prefix }: KernelOptions): string {
  if (prefix !== undefined) return prefix;
  if (existsSync(ownJupyter)) return ownJupyter;
  throw new Error(
    `no Jupyter in ${ownJupyter}: give the prefix of one with --prefix, as python's sys.prefix says it`,
  );
}

const commands: Readonly<Record<string, Command>> = {
  sessions: {
    usage: "vitrail sessions [list | close NAME]   the live sessions of this user",
    async run([action = "list", name, ...more]) {
      if (action === "close" && name !== undefined && more.length === 0) {
        await closeSession(name);
        console.log(`closed ${name}`);
        return 0;
      }
      if (action !== "list" || name !== undefined) throw new Error(`usage: ${commands["sessions"]?.usage}`);
      console.log(await listSessions());
      return 0;
    },
  },
  data: {
    usage: "vitrail data [list | fetch NAME]       the public data sets, and one brought here",
    async run([action = "list", name, ...more]) {
      if (action === "fetch" && name !== undefined && more.length === 0) {
        const stop = new AbortController();
        process.once("SIGINT", () => stop.abort(new Error(`interrupted: ${name} is not complete`)));
        await fetchData(name, { signal: stop.signal });
        return 0;
      }
      if (action !== "list" || name !== undefined) throw new Error(`usage: ${commands["data"]?.usage}`);
      for (const set of catalogue) {
        const files = set.sources.flatMap((source) => source.files);
        const known = printBytes(files.reduce((sum, { bytes = 0 }) => sum + bytes, 0));
        const size = files.every(({ bytes }) => bytes !== undefined) ? known : `${known} and more`;
        const there = (await hasData(set)) ? "here" : `vitrail data fetch ${set.name}`;
        const count = `${files.length} file${files.length === 1 ? "" : "s"}`;
        console.log(`${set.name}  ${count}, ${size}  ${there}\n  ${set.about}`);
        for (const line of set.sources.flatMap(termsOf)) console.log(line);
      }
      return 0;
    },
  },
  kernels: {
    usage: [
      "vitrail kernels [list | add HOST:FOLDER | remove HOST]",
      "                                       kernels on another machine, by ssh: --node its Node, --config",
      "                                       a configuration of ssh, --prefix another Jupyter than this clone's",
    ].join("\n"),
    async run([action = "list", name, ...more], options) {
      const { node } = options;
      // Jupyter starts kernels in the folders of their notebooks.
      const config = options.config && resolve(options.config);
      const prefix = jupyterAt(options);
      if (action === "add" && name !== undefined && more.length === 0) {
        const { file, said } = await registerMachine(prefix, { ...readMachine(name), node, config });
        console.log(`${said}\n${file}`);
        return 0;
      }
      if (action === "remove" && name !== undefined && more.length === 0) {
        removeRemoteKernelspec(prefix, name);
        console.log(`removed ${name}`);
        return 0;
      }
      if (action !== "list" || name !== undefined) throw new Error(`usage: ${commands["kernels"]?.usage}`);
      const all = remoteKernelspecs(prefix);
      console.log(all.length === 0 ? "no kernels on other machines" : all.join("\n"));
      return 0;
    },
  },
  doctor: {
    usage: "vitrail doctor                         what this machine offers",
    async run(words) {
      if (words.length > 0) throw new Error(`usage: ${commands["doctor"]?.usage}`);
      const findings = examine();
      const width = Math.max(...findings.map(({ what }) => what.length));
      for (const { what, found, well } of findings)
        console.log(`${well ? " " : "!"} ${what.padEnd(width)}  ${found}`);
      return findings.every(({ well }) => well) ? 0 : 1;
    },
  },
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [name, ...words] = positionals;
  if (values.version === true) {
    console.log(`vitrail ${packageVersion("../../package.json")}`);
    return 0;
  }
  const usage = Object.values(commands).map((command) => command.usage);
  if (values.help === true || name === undefined) {
    console.log(usage.join("\n"));
    return values.help === true ? 0 : 1;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new Error(`no command "${name}": the commands are ${Object.keys(commands).join(", ")}`);
  const given = Object.keys(kernelOptions).find((option) => Object.hasOwn(values, option));
  if (given !== undefined && name !== "kernels")
    throw new Error(`vitrail ${name} has no option --${given}: it belongs to vitrail kernels`);
  return command.run(words, values);
}

main().then(
  (status) => process.exit(status),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
