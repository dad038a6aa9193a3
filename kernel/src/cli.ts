#!/usr/bin/env node
import { parseArgs } from "node:util";
import { closeSession, listSessions } from "./session/live.js";
import { printBytes } from "./models/checkpoint/printBytes.js";
import { examine } from "./session/doctor.js";
import { catalogue } from "./tuning/datasets/catalogue.js";
import { fetchData, hasData, termsOf } from "./tuning/datasets/fetch.js";

interface Command {
  readonly usage: string;
  /** Returns the exit status. */
  run(words: readonly string[]): Promise<number>;
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
        const size = printBytes(files.reduce((sum, { bytes }) => sum + bytes, 0));
        const there = (await hasData(set)) ? "here" : `vitrail data fetch ${set.name}`;
        console.log(`${set.name}  ${files.length} files, ${size}  ${there}\n  ${set.about}`);
        for (const line of set.sources.flatMap(termsOf)) console.log(line);
      }
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
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  const [name, ...words] = positionals;
  const usage = Object.values(commands).map((command) => command.usage);
  if (values.help === true || name === undefined) {
    console.log(usage.join("\n"));
    return values.help === true ? 0 : 1;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new Error(`no command "${name}": the commands are ${Object.keys(commands).join(", ")}`);
  return command.run(words);
}

main().then(
  (status) => process.exit(status),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
