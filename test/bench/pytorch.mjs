import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A Python script of this folder in a process of its own, which lives through the whole benchmark and answers one request at a time. */
export async function startReference(python, script, folder) {
  const child = spawn(python, [fileURLToPath(new URL(script, import.meta.url)), folder], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended with exit code ${child.exitCode}`);
    return JSON.parse(value);
  };
  return {
    versions: await answer(),
    ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** Eager PyTorch. */
export async function startPytorch(python, folder) {
  const { versions, ask, close } = await startReference(python, "transformers_forward.py", folder);
  return {
    versions,
    /** Milliseconds of one forward pass, as the process itself measured them; with the output of layer `hooked` scaled by a hook. */
    forward: async (threads, rows, logits = "all", hooked = null) =>
      (await ask({ threads, rows, logits, hooked })).ms,
    /** Milliseconds of greedy generation of exactly so many tokens. */
    generate: async (threads, rows, tokens) => (await ask({ threads, rows, tokens })).ms,
    /** Milliseconds of a forward pass and of the gradient of its cross-entropy at the input and output of every layer. */
    gradient: async (threads, rows) => (await ask({ threads, rows, gradient: true })).ms,
    /** Milliseconds of from_pretrained in a process that has imported everything. */
    open: async () => (await ask({ open: true })).ms,
    close,
  };
}
