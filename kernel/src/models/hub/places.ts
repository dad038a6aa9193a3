import { homedir } from "node:os";
import { join } from "node:path";

/** Where Python's huggingface_hub keeps models on this machine: `HF_HUB_CACHE`, its older name, else `hub` in its home. */
export function hubCache(): string {
  return place(["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"], () => join(hubHome(), "hub"));
}

/** Where `hf auth login` stores the token. */
export function tokenFile(): string {
  return place(["HF_TOKEN_PATH"], () => join(hubHome(), "token"));
}

function hubHome(): string {
  const caches = () => process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return place(["HF_HOME"], () => join(caches(), "huggingface"));
}

/** The path in the first of these variables that is set; whoever sets one outside a shell writes `~` and `$NAME` in it too. */
function place(variables: readonly string[], otherwise: () => string): string {
  const set = variables.map((name) => process.env[name]).find((value) => value !== undefined);
  return (set ?? otherwise())
    .replace(/^~(?=\/|$)/, homedir())
    .replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, plain: string, braced: string) => {
      return process.env[plain ?? braced] ?? whole;
    });
}
