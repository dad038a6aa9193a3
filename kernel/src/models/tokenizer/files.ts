import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { JsonObject } from "../checkpoint/checkpoint.js";
import { addedToken } from "./addedToken.js";

const object = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  {
    error: "expected an object",
  },
);

const pipeline = z.looseObject({
  added_tokens: z.array(addedToken.extend({ id: z.int() })).default([]),
  padding: z.looseObject({ pad_token: z.string() }).nullish(),
  model: z
    .looseObject({
      // Files of GPT-2's time leave the type of the model out.
      type: z.enum(["BPE", "WordLevel"]).optional(),
      vocab: object,
      merges: z.array(z.unknown()).optional(),
    })
    .refine(({ type, merges }) => type === "WordLevel" || merges !== undefined, {
      path: ["merges"],
      error: "a BPE needs them",
    }),
});

/** `tokenizer.json`, as far as it is looked at here; the library reads all of it. */
export type Pipeline = z.infer<typeof pipeline>;

/** What a checkpoint's folder says about its tokenizer. */
export interface TokenizerFiles {
  readonly folder: string;
  readonly config: JsonObject & {
    readonly model_type: string;
    readonly tokenizer_class?: string | null | undefined;
  };
  /** `tokenizer_config.json`. */
  readonly settings: JsonObject | undefined;
  /** `special_tokens_map.json`. */
  readonly specialTokens: JsonObject | undefined;
  /** `added_tokens.json`: contents and ids. */
  readonly addedTokens: Readonly<Record<string, number>> | undefined;
  readonly pipeline: Pipeline | undefined;
  /** `vocab.json` and `merges.txt`; read only where there is no `tokenizer.json`. */
  readonly vocabulary:
    { readonly vocab: JsonObject; readonly merges: readonly (readonly string[])[] } | undefined;
}

/** Parse one JSON file of a folder; undefined if the folder does not hold it. */
async function json<S extends z.ZodType>(
  folder: string,
  present: ReadonlySet<string>,
  name: string,
  shape: S,
): Promise<z.infer<S> | undefined> {
  if (!present.has(name)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(folder, name), "utf8"));
  } catch (error) {
    throw new Error(`${name} of ${folder} is not json: ${(error as Error).message}`);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const where = issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new Error(`${name} of ${folder}${where}: ${issue.message.toLowerCase()}`);
}

/** The pairs of a `merges.txt`, in order of priority. */
function readMerges(folder: string, text: string): string[][] {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.startsWith("#version") || text === "") return [];
    const pair = line.split(" ");
    if (pair.length !== 2) {
      throw new Error(
        `merges.txt of ${folder}, line ${i + 1}: expected two tokens, got ${JSON.stringify(line)}`,
      );
    }
    return [pair];
  });
}

/** A folder that holds no file that can be read; says what to do about it. */
function unreadable(folder: string, present: ReadonlySet<string>): Error {
  const model = ["tokenizer.model", "tekken.json", "tiktoken.model"].find((name) => present.has(name));
  if (model !== undefined) {
    const save = `AutoTokenizer.from_pretrained('${folder}').save_pretrained('${folder}')`;
    return new Error(
      `${folder} holds ${model} but no tokenizer.json: convert it with ` +
        `python3 -c "from transformers import AutoTokenizer; ${save}" (needs transformers, sentencepiece, protobuf)`,
    );
  }
  const found = ["vocab.json", "merges.txt"].filter((name) => present.has(name));
  return new Error(
    `no tokenizer in ${folder}: it needs tokenizer.json, or vocab.json and merges.txt` +
      (found.length === 1 ? `, and holds only ${found[0]!}` : ""),
  );
}

/** Read every file that says something about the tokenizer. */
export async function readFiles(folder: string): Promise<TokenizerFiles> {
  const present = new Set(await readdir(folder));
  if (!present.has("config.json"))
    throw new Error(`no config.json in ${folder}, which would name the model type`);
  const complete = present.has("tokenizer.json");
  const sentencePiece = ["tokenizer.model", "tekken.json", "tiktoken.model"].some((name) =>
    present.has(name),
  );
  if (!complete && (sentencePiece || !present.has("vocab.json") || !present.has("merges.txt"))) {
    throw unreadable(folder, present);
  }
  const config = z.looseObject({ model_type: z.string(), tokenizer_class: z.string().nullish() });
  const read = <S extends z.ZodType>(name: string, shape: S): Promise<z.infer<S> | undefined> =>
    json(folder, present, name, shape);
  return {
    folder,
    config: (await read("config.json", config))!,
    settings: await read("tokenizer_config.json", object),
    specialTokens: await read("special_tokens_map.json", object),
    addedTokens: await read("added_tokens.json", z.record(z.string(), z.int())),
    pipeline: await read("tokenizer.json", pipeline),
    vocabulary: complete
      ? undefined
      : {
          vocab: (await read("vocab.json", object))!,
          merges: readMerges(folder, await readFile(join(folder, "merges.txt"), "utf8")),
        },
  };
}
