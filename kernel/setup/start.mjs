/** Prepare what is missing and open JupyterLab on the first notebook: `npm start [-- --no-browser] [-- --port N]`. */
import { parseArgs } from "node:util";
import { SetupError, main } from "./command.mjs";
import { runLab } from "./lab.mjs";
import { prepare } from "./prepare.mjs";

await main(async () => {
  const { browser, port } = options();
  await prepare();
  process.exitCode = await runLab({ notebook: "notebooks/01-first-look.ipynb", browser, port });
});

function options() {
  try {
    const { values } = parseArgs({
      options: { "no-browser": { type: "boolean", default: false }, port: { type: "string" } },
    });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
      throw new Error(`--port ${values.port}: must be a whole number from 1 to 65535`);
    return { browser: !values["no-browser"], port };
  } catch (error) {
    throw new SetupError(`${/** @type {Error} */ (error).message}`);
  }
}
