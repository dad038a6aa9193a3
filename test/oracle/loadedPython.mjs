import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const program = fileURLToPath(new URL("loaded.py", import.meta.url));

/** A Python that has PyTorch and transformers loaded, for one script after another. */
export class LoadedPython {
  #child;
  #answers;
  #complaints = "";

  constructor(python, env) {
    this.#child = spawn(python, [program], { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.#complaints += text));
    // What it says of its end is read below.
    this.#child.stdin.on("error", () => {});
    this.#child.on("error", (error) => (this.#complaints += error.message));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Runs a script with its arguments: its exit code, undefined where nothing ran it, and what it printed. */
  async run(args) {
    this.#child.stdin.write(`${JSON.stringify(args)}\n`);
    const { value, done } = await this.#answers.next();
    return done ? { stdout: "", stderr: this.#complaints } : JSON.parse(value);
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const ended = once(this.#child, "close");
    this.#child.stdin.end();
    await ended;
  }
}
