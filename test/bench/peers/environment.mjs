import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../../../kernel/setup/uv.mjs";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/**
 * The Python of the tools that we compare with, `.vitrail/peers`, made when it is not there. PyTorch and transformers are
 * the oracle's. Throws one line when it cannot be installed.
 */
export function peersPython(root, oracle, say) {
  const venv = join(root, ".vitrail", "peers");
  const python = join(venv, "bin", "python");
  const stamp = join(venv, "installed");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  say("installing the tools that we compare with into .vitrail/peers");
  execFileSync(oracle, ["-m", "venv", venv]);
  const packages = (folder) =>
    join(
      folder,
      "lib",
      readdirSync(join(folder, "lib")).find((name) => name.startsWith("python")),
      "site-packages",
    );
  writeFileSync(join(packages(venv), "oracle.pth"), `${packages(join(root, ".vitrail", "oracle"))}\n`);
  install("installing them", python, ["--no-deps", "-r", requirements]);
  writeFileSync(stamp, wanted);
  return python;
}
