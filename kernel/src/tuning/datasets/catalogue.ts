/** A file of a data set, pinned. */
export interface DataFile {
  /** Where it lies under the folders where data sets are looked for. */
  readonly path: string;
  /** Where it lies in the repository, or under the address. */
  readonly origin: string;
  /** Left out where nobody has said it: then the server is asked. */
  readonly bytes?: number | undefined;
  readonly sha256: string;
  /** Where its last change is another one than its source's. */
  readonly commit?: string | undefined;
  /** Of an archive (zip): where its files come to, and what they are called in it. */
  readonly holds?: Readonly<Record<string, string>>;
}

interface Terms {
  readonly licence: string;
  /** What the licence and the authors ask of who uses the files. */
  readonly terms: string;
  readonly files: readonly DataFile[];
}

/** Files of one repository of GitHub, and the terms under which they may be used. */
export interface RepositorySource extends Terms {
  /** `owner/name`. */
  readonly repository: string;
  /**
   * In which the files are as pinned. Its first digits, or a branch, where no more is known; whatever the server sends for
   * it, the hash of each file decides.
   */
  readonly commit: string;
}

/** Files that their authors publish under an address of their own. */
export interface AddressSource extends Terms {
  readonly address: string;
}

export type DataSource = RepositorySource | AddressSource;

/** A public data set: what it is, and where its files come from. */
export interface DataSet {
  readonly name: string;
  readonly about: string;
  readonly sources: readonly DataSource[];
}

/** Files that have the same names here and there, as `name bytes sha256 [commit]` a line. */
function files(folder: string, origin: string, list: string): DataFile[] {
  return list
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", bytes = "", sha256 = "", commit] = line.trim().split(" ");
      const [path, there] = [`${folder}/${name}`, `${origin}/${name}`];
      return { path, origin: there, bytes: Number(bytes), sha256, commit };
    });
}

const vector = "VectorInstitute/PromptEngineering";
const amazon = {
  repository: "amazon-science/generalized-fairness-metrics",
  commit: "06a4cea1e017e1340ecb14617b629215a8b014cf",
} as const;
const measurement = "src/reference_implementations/fairness_measurement/resources";

/** The public data sets that `vitrail data fetch` knows. None of them is part of this project. */
export const catalogue: readonly DataSet[] = [
  {
    name: "bbq",
    about:
      "BBQ, questions on social bias (Parrish et al. 2022): nine categories, two intersections, and the authors' targets",
    sources: [
      {
        repository: "nyu-mll/BBQ",
        commit: "bea11bd97d79217245b5871acd247b9d6eb24598",
        licence: "CC BY 4.0",
        terms: "name the authors and say what you changed; the sentences show stereotypes on purpose",
        files: [
          ...files(
            "bbq",
            "data",
            `
            Age.jsonl 3091834 46e805b3fc2d8cbd26eeb8e8430d98cf7b2dc9c83574ff3674e8ce4f0fca2a60
            Disability_status.jsonl 1336984 375d40d9b71f056150264445ec189b13934998f3f49a1e311aa7578eb3b45e5f
            Gender_identity.jsonl 4331406 8b5adbb368510a97d5775dc43e1c719e0249fe2da33f13c83e3e29edafec7a00
            Nationality.jsonl 2900040 a583e74666aec0341ded8aa3983e7cad694eb24de72c254d28b2df3035720090
            Physical_appearance.jsonl 1347476 e48d7e13508565f4801574e611043470c25c95a0a62af3699cb5ee7cb02608fb
            Race_ethnicity.jsonl 6062426 4a9f1214cfaa115ce7f0bdb40609122e431f5152c71b8ca64d665e483b946ae6
            Race_x_SES.jsonl 11222218 af8e2ae3d0e5be9ebcbfe7149e591d47ff649e263307f4548f7fb12f6a6d83e8
            Race_x_gender.jsonl 13094106 e5dbba782f8c4e25b99dd5470b5136e2db73dbf401cf6d4a5a3ed31b02f95696
            Religion.jsonl 1118728 cb9555f9f3454a52cd2df85956b59bd7fcca5aa922c8527693b1164d08417616
            SES.jsonl 5696950 9f92754bb037b0982604b9112705fb81d60a19d9e759c67e4a85e484a070f528
            Sexual_orientation.jsonl 729010 2c71036b9e7584fe589c42aef32c1a42bc01b9a5e9b1b8704342630cdb08cefd`,
          ),
          {
            path: "bbq/additional_metadata.csv",
            origin: "analysis_scripts/additional_metadata.csv",
            sha256: "f36708416b0e7adb81b47ad1926f9c39c2beb611702b73b01e06c9b6c9ffbd3d",
          },
        ],
      },
    ],
  },
  {
    name: "crows-pairs",
    about: "CrowS-Pairs, pairs of sentences that differ in a group (Nangia et al. 2020)",
    sources: [
      {
        repository: "nyu-mll/crows-pairs",
        commit: "8aaac11c485473159ec9328a65253a5be9a479dc",
        licence: "CC BY-SA 4.0",
        terms:
          "name the authors, and pass on what you make of it under the same licence; the sentences show stereotypes on purpose",
        files: files(
          "crows-pairs",
          "data",
          `
          crows_pairs_anonymized.csv 437764 dfb36986ce0502abbaf7055b9176da3d08d48e07df1251991b5dfbcbceab9d0c`,
        ),
      },
    ],
  },
  {
    name: "stereoset",
    about:
      "StereoSet, contexts with a stereotype, an anti-stereotype and an unrelated continuation (Nadeem et al. 2021): the development set",
    sources: [
      {
        repository: "moinnadeem/StereoSet",
        commit: "ead7d086a64a192a1eca88e0dd2fd163de375218",
        licence: "CC BY-SA 4.0",
        terms:
          "name the authors, and pass on what you make of it under the same licence; the sentences show stereotypes on purpose",
        files: files(
          "stereoset",
          "data",
          `
          dev.json 12502245 73a0f31b711688112602e4c3ac6ab1e1a7cadcdd67df6c6fd55501c889676c90`,
        ),
      },
    ],
  },
  {
    name: "winogender",
    about:
      "Winogender, sentences whose pronoun means an occupation or another person (Rudinger et al. 2018), and shares of women",
    sources: [
      {
        repository: "rudinger/winogender-schemas",
        commit: "master",
        licence: "MIT",
        terms: "keep the notice of the licence",
        files: files(
          "winogender",
          "data",
          `
          all_sentences.tsv 83644 bd69da16bf228cb8df63fd0843aec2d8b5c36a7f21bf8c7b168bcc83932556c8
          occupations-stats.tsv 1578 3f7f37c16381a70571356982ea7fe613ac700ad04a6d3b19b9f2be18248df567`,
        ),
      },
    ],
  },
  {
    name: "sst",
    about:
      "the Stanford Sentiment Treebank: sentences of film reviews as trees with five degrees of sentiment (Socher et al. 2013)",
    sources: [
      {
        address: "https://nlp.stanford.edu/sentiment",
        licence: "none is stated",
        terms: "the authors ask to be cited; without a licence, do not pass the sentences on",
        files: [
          {
            path: "sst/trainDevTestTrees_PTB.zip",
            origin: "trainDevTestTrees_PTB.zip",
            bytes: 789539,
            sha256: "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
            holds: {
              "sst/train.txt": "trees/train.txt",
              "sst/dev.txt": "trees/dev.txt",
              "sst/test.txt": "trees/test.txt",
            },
          },
        ],
      },
    ],
  },
  {
    name: "czarnowska",
    about:
      "the sentiment suite of Czarnowska et al. (2021): 31,972 sentences, the templates and terms they are made of, and predictions of RoBERTa",
    sources: [
      {
        repository: vector,
        commit: "982fd0faa28768a067758366c17795c449259801",
        licence: "MIT (templates Apache-2.0)",
        terms: "keep the notices of both licences; some terms are slurs",
        files: files(
          "czarnowska",
          `${measurement}/czarnowska_templates`,
          `
          sentiment_fairness_tests.tsv 2394482 c5d235ba763a2d3d60b6d47984c42a655b489ba129767feee50eb1c50809d370`,
        ),
      },
      {
        repository: vector,
        commit: "ca70bb9d0d24ffd49e9c944749166737c959cffd",
        licence: "MIT",
        terms: "keep the notice of the licence; the sentences are those of the suite",
        files: files(
          "predictions",
          `${measurement}/predictions`,
          `
          roberta_predictions.tsv 3833288 88da48489bdfdf57dfff50c136dfc7b8b977ebca65711e2675d58e020bd86aa2`,
        ),
      },
      {
        ...amazon,
        licence: "Apache-2.0",
        terms: "keep the notice of the licence",
        files: files(
          "czarnowska/templates",
          "templates",
          `
          age_templates.csv 1574 8e281bdab971570a9a1e4d408c9d5655f2fd2b978d7e73c865726ab3715955da
          disability_templates.csv 1898 ac6cd39b297baab2ae280f3e46278002e1a6933668db0ca2ac52339e41b3660d 48365ef06f119af4221b72fa6e1d423786b757e0
          ethnicity_templates.csv 2002 d6184a081d97623e52f984b3c6caf07208f052a11788f853075c2d144c5a5a43 a5361d9cfb293f27ca0ac8dc958a7b23e826020e
          gender_sexuality_templates.csv 1754 52a1ee1438f0c23444d9cb69993e73a4ffdbfa33cd1f9e3127eb4a0fd94435d4
          generic_templates.csv 1636 c3b1bd3d14524014ffd636ebab30fa434d5dedb10ff472cb899994fcfc7462fe 84cb0386f8838414c0a5eaec6e77fee7a036f7df
          generic_templates_adj_or_pp.csv 1576 f15a212c2eb650751041132578fe0a309a3dd6dfa5b87403440467c7a7daf7bd fb81adf65e985397abe368106e3bfa1232051cee
          nationality_templates.csv 1982 6a3ac2443ddcc8a48030bd826676a87502a3b3c3e05e400813c1df317f8a6804
          people_templates.csv 4198 ed1d6e1b21e5f8e570fbd0f8b3e675ea24c227aa7239f5aefbd7ae2eb0780ecf
          religion_templates.csv 1461 746512da6296ab0b9484e9eab43e13d6f4de12109d2f8ab190917038e7da03a6`,
        ),
      },
      {
        ...amazon,
        licence: "Apache-2.0",
        terms:
          "keep the notice of the licence; the lists are from Wikipedia, Wiktionary, NIH, Dixon et al. and Hutchinson et al., and some terms are slurs",
        files: files(
          "czarnowska/terms",
          "terms/identity_terms",
          `
          age.csv 530 ab10c6ed910a2b048bd5085972bb8e77ebe202e23801a77653872a6befae20a3
          countries.csv 13818 a1d69603202b49945048782b581e47ed0b43c4624abc9b40a820627f1152075a
          disability.csv 2103 17d3c0b76ab654c61550675a818693dd9789e31e0d553d710f09b3979d13547b
          gender.csv 2199 3ba00c25312238d346ccdae6209e49aa044bf7ded7682354351ac338835b241b
          race.csv 286 bb9703c3bd5561b652685bca3246d3a094106a1f87ae85330fd32629261b7a06
          religion.csv 1266 ac1ed0698f17f5f1b3c0dabd8b83b565d78f531f302a988551abc1f34b98bcee
          sexuality.csv 882 f9b3db0369ed2c1ef445bba0e52debe14ad0277d506fc912cd20b45251d12036`,
        ),
      },
    ],
  },
  {
    name: "semeval",
    about:
      "SemEval-2018 Task 1, V-oc: English tweets with seven degrees of valence (Mohammad et al. 2018): train, dev and test",
    sources: [
      {
        address: "https://saifmohammad.com/WebDocs/AIT-2018/AIT2018-DATA",
        licence: "none; terms of use of the National Research Council Canada",
        terms: "cite the authors; do not pass the tweets on, nor bundle them with your own work",
        files: [
          {
            path: "semeval/SemEval2018-Task1-all-data.zip",
            origin: "SemEval2018-Task1-all-data.zip",
            bytes: 5975590,
            sha256: "8979a6ca0bd259ef375a44d812fd434efa799c66bc377e25cda599aa767640eb",
            holds: Object.fromEntries(
              ["train", "dev", "test-gold"].map((part) => [
                `semeval/2018-Valence-oc-En-${part}.txt`,
                `SemEval2018-Task1-all-data/English/V-oc/2018-Valence-oc-En-${part}.txt`,
              ]),
            ),
          },
        ],
      },
    ],
  },
];
