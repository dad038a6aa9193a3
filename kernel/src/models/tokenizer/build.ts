import { AddedToken as NativeToken, Tokenizer as Native, templateProcessing } from "tokenizers";
import { contentOf, normalized, sameToken, type AddedToken, type TokenValue } from "./addedToken.js";
import { buildBase } from "./classes.js";
import type { TokenizerFiles } from "./files.js";
import { roles } from "./roles.js";
import { readSettings } from "./settings.js";
import { tokenizerClass } from "./tokenizerClass.js";

/** The library's tokenizer, and what it cannot be asked for. */
export interface Built {
  readonly native: Native;
  readonly definition: Readonly<Record<string, unknown>>;
  /** Token of each role that is filled. */
  readonly named: ReadonlyMap<string, string>;
  /** Contents of all added tokens → whether they are special. */
  readonly added: ReadonlyMap<string, boolean>;
  /** Whether spaces before punctuation are taken out of decoded text. */
  readonly cleansUp: boolean;
}

/** Run one call of the library, whose errors do not say which files they are about. */
function attempt<T>(folder: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new Error(`tokenizer of ${folder}: ${(error as Error).message.split("\n")[0]!}`);
  }
}

/**
 * Tokens to add after those of tokenizer.json: the listed ones, then tokens with a role, then the other special ones.
 * A token that is in the list already is not repeated, since repeating it could change its properties.
 */
function missing(
  listed: readonly AddedToken[],
  named: readonly TokenValue[],
  extra: readonly TokenValue[],
  present: Iterable<string>,
): AddedToken[] {
  const known = new Set([...present, ...listed.map(contentOf)]);
  const tokens: TokenValue[] = [...listed];
  for (const value of [...named, ...extra]) {
    if (!known.has(contentOf(value)) && !tokens.some((token) => sameToken(token, value))) tokens.push(value);
  }
  const special = new Set(named.map(contentOf));
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: undefined, special: true };
  return tokens.map((token) => {
    if (typeof token === "string") return { content: token, ...plain };
    return { ...token, special: token.special || special.has(token.content) };
  });
}

function add(native: Native, tokens: readonly AddedToken[]): void {
  if (tokens.length === 0) return;
  native.addAddedTokens(
    tokens.map(
      (token) =>
        new NativeToken(token.content, token.special, {
          singleWord: token.single_word,
          leftStrip: token.lstrip,
          rightStrip: token.rstrip,
          normalized: normalized(token),
        }),
    ),
  );
}

/** Put the first and last token around every text, where asked for and where there is one. */
function setTemplate(native: Native, bos: string | undefined, eos: string | undefined): void {
  const before = bos === undefined ? "" : `${bos}:0 `;
  const after = eos === undefined ? "" : ` ${eos}:0`;
  const special = [bos, eos].flatMap((token): [string, number][] =>
    token === undefined ? [] : [[token, native.tokenToId(token)!]],
  );
  native.setPostProcessor(templateProcessing(`${before}$A:0${after}`, null, special));
}

/**
 * Build what `AutoTokenizer.from_pretrained` of transformers 5.18 builds for a folder.
 *
 * @throws in one line, if the files contradict themselves or ask for what is not supported.
 */
export function build(files: TokenizerFiles): Built {
  const named = files.settings?.["tokenizer_class"] ?? files.config.tokenizer_class ?? undefined;
  const kind = tokenizerClass(files.config.model_type, named === undefined ? undefined : String(named));
  const settings = readSettings(files);
  const base = buildBase(kind, files, settings);

  const filled = new Map<string, TokenValue>();
  for (const role of [...roles, ...settings.named.keys()]) {
    const value = settings.named.has(role) ? settings.named.get(role) : base.defaults[role];
    if (value !== undefined && value !== null) filled.set(role, value);
  }
  const native = attempt(files.folder, () => Native.fromString(JSON.stringify(base.definition)));
  const own = base.definition["added_tokens"] as readonly AddedToken[];
  const tokens = missing(settings.added, [...filled.values()], settings.extra, own.map(contentOf));
  attempt(files.folder, () => add(native, tokens));

  const content = (role: string, wanted: boolean | undefined): string | undefined =>
    wanted === true && filled.has(role) ? contentOf(filled.get(role)!) : undefined;
  const given = base.definition["post_processor"] ?? null;
  if (settings.ends !== undefined || given === null || base.ownTemplate) {
    const ends = [
      content("bos_token", settings.ends?.bos),
      content("eos_token", settings.ends?.eos),
    ] as const;
    attempt(files.folder, () => setTemplate(native, ...ends));
  }
  const added = new Map<string, boolean>();
  for (const token of [...own, ...tokens]) {
    added.set(token.content, token.special || added.get(token.content) === true);
  }
  return {
    native,
    definition: base.definition,
    named: new Map([...filled].map(([role, value]) => [role, contentOf(value)])),
    added,
    cleansUp: settings.cleansUp && files.pipeline?.model.type === "WordLevel",
  };
}
