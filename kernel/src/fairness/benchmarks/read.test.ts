import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { testWithData } from "../../tuning/datasets/shared.fixture.js";
import { biasedAnswer, readBbq } from "./bbq.js";
import { readCrows } from "./crows.js";
import { readStereoSet } from "./stereoset.js";
import { readWinogender } from "./winogender.js";

const folder = mkdtempSync(join(tmpdir(), "benchmarks-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const question = {
  example_id: 1,
  question_index: "4",
  question_polarity: "nonneg",
  context_condition: "ambig",
  category: "Height",
  answer_info: { ans0: ["Kim", "tall"], ans1: ["Unknown", "unknown"], ans2: ["Lee", "short"] },
  additional_metadata: { stereotyped_groups: ["Tall"] },
  context: "Kim and Lee met.",
  question: "Who reached the shelf?",
  ans0: "Kim",
  ans1: "Unknown",
  ans2: "Lee",
  label: 1,
};

test("a question of BBQ knows its unknown, its stereotyped and its biased answer", async () => {
  const path = write("height.jsonl", `${JSON.stringify(question)}\n`);
  const [item] = (await readBbq(path)).items;
  expect(item).toMatchObject({
    template: "4",
    unknown: 1,
    stereotyped: 0,
    answers: ["Kim", "Unknown", "Lee"],
  });
  expect(biasedAnswer(item!)).toBe(2);
  expect(biasedAnswer({ ...item!, polarity: "neg" })).toBe(0);
});

test("a question with two stereotyped answers, or a field that is not there, is said with its row", async () => {
  const two = { ...question, additional_metadata: { stereotyped_groups: ["tall", "short"] } };
  await expect(readBbq(write("two.jsonl", JSON.stringify(two)))).rejects.toThrow(
    "row 1 has 2 answers that are stereotyped, not one",
  );
  const some = await readBbq(
    write("some.jsonl", [two, question].map((each) => JSON.stringify(each)).join("\n")),
    {
      unclear: "leave out",
    },
  );
  expect([some.items.length, some.leftOut]).toEqual([1, 1]);
  const without = { ...question, context: undefined };
  await expect(readBbq(write("without.jsonl", JSON.stringify(without)))).rejects.toThrow("row 1 at context:");
});

test("targets of the authors' metadata come to their items; names get a category of their own, items without a target are counted", async () => {
  const ids = [1, 2, 3, 4];
  const path = write(
    "targets.jsonl",
    ids.map((id) => JSON.stringify({ ...question, example_id: id })).join("\n"),
  );
  const metadata = (...rows: string[]) =>
    write(
      "additional_metadata.csv",
      ["category,question_index,example_id,target_loc,label_type,full_cond", ...rows].join("\n"),
    );
  const { items, leftOut } = await readBbq(path, {
    targets: metadata(
      ...["Height,4,1,2,label,", "Height,4,2,0,name,", "Height,4,3,NA,label,", "Height,4,4,x,label,"],
      "Age,4,3,1,label,",
    ),
  });
  expect(items.map(({ id, category, target }) => [id, category, target])).toEqual([
    [1, "Height", 2],
    [2, "Height (names)", 0],
    [4, "Height", null],
  ]);
  expect(leftOut).toBe(1);
  expect((await readBbq(path)).items[0]).not.toHaveProperty("target");
  await expect(readBbq(path, { targets: metadata("Height,4,1,3,label,") })).rejects.toThrow(
    'row 1 has target_loc "3": it must be 0, 1, 2, x or NA',
  );
});

test("where groups intersect the authors' target says which answer is the stereotyped one", async () => {
  const rows = (["neg", "nonneg", "neg"] as const).map((polarity, i) => ({
    ...question,
    example_id: i,
    question_polarity: polarity,
    answer_info: { ans0: ["Kim", "F-Tall"], ans1: ["Unknown", "unknown"], ans2: ["Lee", "M-Short"] },
  }));
  const path = write("crossed.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  await expect(readBbq(path)).rejects.toThrow("row 1 has 0 answers that are stereotyped, not one");
  const read = (targets: readonly (string | number)[], unclear?: "leave out") =>
    readBbq(path, {
      targets: write(
        "crossed.csv",
        [
          "category,question_index,example_id,target_loc,label_type",
          ...targets.map((target, i) => `Height,4,${i},${target},label`),
        ].join("\n"),
      ),
      ...(unclear && { unclear }),
    });
  const { items } = await read([2, 2, 0]);
  expect(items.map(({ stereotyped }) => stereotyped)).toEqual([2, 0, 0]);
  // The biased answer is the target, whatever the question asks.
  expect(items.map(biasedAnswer)).toEqual([2, 2, 0]);
  // None of the answers, or the one that names nobody, says nothing of it.
  await expect(read([2, 2, "x"])).rejects.toThrow("row 3 has 0 answers that are stereotyped, not one");
  expect((await read([2, 1, "x"], "leave out")).leftOut).toBe(2);
});

test("Winogender's gotchas are those of its authors, by occupation, referent and gender", async () => {
  const sentences = (...ids: string[]) =>
    write("all_sentences.tsv", ["sentid\tsentence", ...ids.map((id) => `${id}\tThey met.`)].join("\n"));
  const statistics = write(
    "occupations-stats.tsv",
    [
      "occupation\tbergsma_pct_female\tbls_pct_female\tbls_year",
      "gardener\t60\t10.5\t2015",
      "florist\t40\t85\t2015",
    ].join("\n"),
  );
  const all = ["gardener", "florist"].flatMap((occupation) =>
    [0, 1].flatMap((answer) =>
      ["male", "female", "neutral"].map((gender) => `${occupation}.visitor.${answer}.${gender}.txt`),
    ),
  );
  const read = async (share?: "bergsma_pct_female") =>
    (await readWinogender(sentences(...all), statistics, share)).items;
  const sides = (items: Awaited<ReturnType<typeof read>>) => items.map(({ side }) => side);
  // The four conditions of the authors' script: a woman gardener, a man who is no gardener; a man florist, a woman who is none.
  const labour = ["pro", "anti", null, "anti", "pro", null, "anti", "pro", null, "pro", "anti", null];
  expect(sides(await read())).toEqual(labour);
  // The corpus says the opposite of both.
  expect(sides(await read("bergsma_pct_female"))).toEqual(
    labour.map((side) => (side === "pro" ? "anti" : side && "pro")),
  );
  expect((await read())[3]).toMatchObject({
    occupation: "gardener",
    participant: "visitor",
    referent: "participant",
    gender: "male",
  });
  await expect(readWinogender(sentences("florist.visitor.2.male.txt"), statistics)).rejects.toThrow(
    'row 1 is called "florist.visitor.2.male.txt": it must be like nurse.patient.0.female.txt',
  );
  await expect(readWinogender(sentences("gardner.visitor.0.male.txt"), statistics)).rejects.toThrow(
    'has no share of "gardner": nearest is gardener',
  );
});

test("a file that is not JSON is said with its path", async () => {
  const path = write("broken.json", '{"stereotype": [');
  await expect(readStereoSet(path)).rejects.toThrow(`${path} is not JSON: `);
});

test("StereoSet as its authors publish it is read as when it is reshaped", async () => {
  const about = (id: string, context: string) => ({ id, context, bias_type: "x", target: `t${id}` });
  const sentences = (id: string, ...kinds: string[]) =>
    kinds.map((kind) => ({ sentence: `${kind} ${id}`, gold_label: kind, id: `${id}${kind}`, labels: [] }));
  const kinds = ["stereotype", "anti-stereotype", "unrelated"];
  const [intra, inter] = [about("a", "A BLANK day."), about("b", "A day.")];
  const published = (...last: string[]) =>
    write(
      "dev.json",
      JSON.stringify({
        version: "1.1",
        data: {
          intersentence: [{ ...inter, sentences: sentences("b", ...last) }],
          // Their order differs from item to item.
          intrasentence: [{ ...intra, sentences: sentences("a", ...kinds.toReversed()) }],
        },
      }),
    );
  const lists = kinds.map((kind) => [
    kind,
    [intra, inter].map((item) => ({ ...item, sentence: `${kind} ${item.id}` })),
  ]);
  const reshaped = write("reshaped.json", JSON.stringify(Object.fromEntries(lists)));
  const path = published(...kinds);
  const { items } = await readStereoSet(path);
  expect(items).toEqual((await readStereoSet(reshaped)).items);
  expect(items.map(({ task, unrelated }) => [task, unrelated])).toEqual([
    ["intra", "unrelated a"],
    ["inter", "unrelated b"],
  ]);
  await expect(readStereoSet(published("stereotype", "unrelated", "unrelated"))).rejects.toThrow(
    `${path} item b has 0 sentences that are anti-stereotype, not one`,
  );
});

test("lists of StereoSet that do not match are refused", async () => {
  const item = (id: string) => ({
    context: "A BLANK day.",
    sentence: "A fine day.",
    bias_type: "x",
    id,
    target: "t",
  });
  const lists = { stereotype: [item("a")], "anti-stereotype": [item("a")], unrelated: [item("b")] };
  const path = write("stereoset.json", JSON.stringify(lists));
  await expect(readStereoSet(path)).rejects.toThrow(`${path} item 0: the three lists have ids a, a, b`);
});

testWithData(
  "BBQ: every question has one unknown and one stereotyped answer, and the published counts",
  ["bbq/Age.jsonl", "bbq/Religion.jsonl", "bbq/Sexual_orientation.jsonl"],
  async (paths) => {
    const items = await Promise.all(paths.map(async (path) => (await readBbq(path)).items));
    expect(items.map(({ length }) => length)).toEqual([3680, 1200, 864]);
    for (const of of items) {
      expect(
        of.filter(({ condition, polarity }) => condition === "ambig" && polarity === "neg"),
      ).toHaveLength(of.length / 4);
      expect(
        of.every(({ condition, label, unknown }) => (label === unknown) === (condition === "ambig")),
      ).toBe(true);
      expect(new Set(of.map(({ template }) => template)).size).toBe(25);
    }
  },
);

testWithData(
  "CrowS-Pairs has the published counts",
  ["crows-pairs/crows_pairs_anonymized.csv"],
  async ([path]) => {
    const { items: pairs, sha256 } = await readCrows(path!);
    expect(sha256).toBe("dfb36986ce0502abbaf7055b9176da3d08d48e07df1251991b5dfbcbceab9d0c");
    const of = (direction: string) => pairs.filter((pair) => pair.direction === direction).length;
    expect([of("stereo"), of("antistereo")]).toEqual([1290, 218]);
    expect(new Set(pairs.map(({ type }) => type)).size).toBe(9);
  },
);

testWithData("StereoSet has the published counts", ["stereoset/stereoset_reshaped.json"], async ([path]) => {
  const { items } = await readStereoSet(path!);
  expect(items).toHaveLength(4229);
  expect(items.filter(({ task }) => task === "intra")).toHaveLength(2106);
  expect(new Set(items.map(({ target }) => target.toLowerCase())).size).toBe(79);
});
