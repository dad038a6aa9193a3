import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTokenizer, type Encoded, type Tokenizer } from "../../kernel/src/models/tokenizer/index.js";

/** Code-point offsets of a token, null for one that the template added. */
type Span = [number, number] | null;

interface Sample {
  readonly text: string;
  readonly ids: number[];
  /** Absent in variants. */
  readonly tokens?: string[];
  readonly spans: Span[];
  readonly plain: { readonly ids: number[]; readonly spans: Span[] };
  readonly decoded: string;
  readonly skipped: string;
}

interface Expected {
  readonly size: number;
  readonly special: Record<string, number>;
  readonly samples: Sample[];
}

interface Variant extends Expected {
  readonly base: string;
  readonly changes: Record<string, unknown>;
}

const goldens = join(import.meta.dirname, "../goldens/tokenizers");
const families = ["opt", "gpt2", "gpt_neox", "llama", "llama3", "galactica"];

function read<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(goldens, ...path), "utf8")) as T;
}

/** UTF-16 offsets of spans in code points, by counting the units of the text before them. */
function units(text: string, spans: readonly Span[]): [number | undefined, number | undefined][] {
  const points = Array.from(text);
  const unit = (point: number): number => points.slice(0, point).join("").length;
  return spans.map((span) => (span === null ? [undefined, undefined] : [unit(span[0]), unit(span[1])]));
}

const offsets = ({ tokens }: Encoded): [number | undefined, number | undefined][] =>
  tokens.map(({ start, end }) => [start, end]);

async function expectEqual(tokenizer: Tokenizer, expected: Expected): Promise<void> {
  expect(tokenizer.vocabularySize).toBe(expected.size);
  expect(tokenizer.special).toEqual(expected.special);
  for (const sample of expected.samples) {
    const { text } = sample;
    const special = await tokenizer.encode(text);
    expect(special.ids, JSON.stringify(text)).toEqual(sample.ids);
    expect(special.tokens.map(({ id }) => id)).toEqual(sample.ids);
    expect(offsets(special), JSON.stringify(text)).toEqual(units(text, sample.spans));
    const plain = await tokenizer.encode(text, { special: false });
    expect(plain.ids, JSON.stringify(text)).toEqual(sample.plain.ids);
    expect(offsets(plain), JSON.stringify(text)).toEqual(units(text, sample.plain.spans));
    expect(tokenizer.decode(sample.ids)).toBe(sample.decoded);
    expect(tokenizer.decode(sample.ids, { skipSpecial: true })).toBe(sample.skipped);
    if (sample.tokens) expect(sample.tokens.map((token) => tokenizer.idOf(token))).toEqual(sample.ids);
  }
}

describe.each(families)("the %s tokenizer, against transformers", (family) => {
  const expected = read<Expected & { readonly texts: string[] }>(family, "expected.json");
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await openTokenizer(join(goldens, family));
  });

  it("gives the same ids, offsets, special tokens and decoded text", async () => {
    await expectEqual(tokenizer, expected);
  });

  it("shows every token of the vocabulary as the text it stands for", () => {
    expect(expected.texts.map((_, id) => tokenizer.tokenText(id))).toEqual(expected.texts);
    expect(expected.texts.some((text) => /^ \p{L}{2}/u.test(text))).toBe(true);
    expect(expected.texts).toContain("<0xF0>");
  });
});

describe("variants of the small files, against transformers", () => {
  const { variants } = read<{ variants: Record<string, Variant> }>("variants.json");
  const scratch = mkdtempSync(join(tmpdir(), "vitrail-tokenizers-"));
  afterAll(() => rmSync(scratch, { recursive: true }));

  /** A copy of a family's folder with a variant's changes made. */
  function folderOf(name: string, { base, changes }: Variant): string {
    const folder = join(scratch, name.replaceAll(" ", "-"));
    cpSync(join(goldens, base), folder, { recursive: true });
    for (const [key, change] of Object.entries(changes)) {
      const file = join(folder, key.replace("+", ""));
      const merged = key.startsWith("+")
        ? { ...(JSON.parse(readFileSync(file, "utf8")) as object), ...(change as object) }
        : change;
      if (merged === null) rmSync(file);
      else writeFileSync(file, JSON.stringify(merged));
    }
    return folder;
  }

  it.each(Object.keys(variants))("%s", async (name) => {
    await expectEqual(await openTokenizer(folderOf(name, variants[name]!)), variants[name]!);
  });

  it("differ from the families they vary, except where transformers passes over the change", () => {
    const seen = ({ ids, spans, decoded, skipped }: Sample): string =>
      JSON.stringify([ids, spans, decoded, skipped]);
    const equal = Object.entries(variants).filter(([, variant]) => {
      const family = read<Expected>(variant.base, "expected.json").samples;
      return variant.samples.every(
        (one) => seen(one) === seen(family.find(({ text }) => text === one.text)!),
      );
    });
    expect(equal.map(([name]) => name)).toEqual([
      "opt without special_tokens_map.json",
      "gpt2 with tokenizer.json",
      "gpt_neox with add_bos_token",
      "gpt_neox without tokenizer_config.json",
      "llama with add_eos_token",
      "llama3 with padding and truncation",
      "llama3 with add_bos_token off",
      "opt with code of its own",
      "llama with code of its own",
      "llama3 with code of its own",
      "llama3 with fix_mistral_regex",
      "galactica with padding",
    ]);
  });
});

describe("the comparison can fail", () => {
  const opt = read<Expected>("opt", "expected.json");

  it("by OPT's leading </s>", async () => {
    const tokenizer = await openTokenizer(join(goldens, "opt"));
    const { text, ids } = opt.samples.find((sample) => sample.text.startsWith("The nurse"))!;
    const without = await tokenizer.encode(text, { special: false });
    expect(ids[0]).toBe(2);
    expect(without.ids).not.toEqual(ids);
    expect([2, ...without.ids]).toEqual(ids);
  });

  it("by the unit of the offsets", () => {
    const differing = opt.samples.filter(({ text, spans }) => {
      const points = spans.map((span) => span ?? [undefined, undefined]);
      return JSON.stringify(units(text, spans)) !== JSON.stringify(points);
    });
    expect(differing.length).toBeGreaterThanOrEqual(5);
  });

  it("by the family", () => {
    const texts = families.map((family) => {
      const { samples } = read<Expected>(family, "expected.json");
      return samples.map(({ spans }) => JSON.stringify(spans)).join();
    });
    expect(new Set(texts).size).toBe(families.length);
  });
});
