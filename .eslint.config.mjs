import boundaries from "eslint-plugin-boundaries";
import tseslint from "typescript-eslint";

/** The one-way arrows of the house plan: what each room of the kernel may import. */
const arrows = {
  graph: [],
  models: ["graph"],
  hooks: ["graph"],
  engine: ["graph", "models", "hooks"],
  display: [],
  session: ["graph", "models", "hooks", "engine", "display"],
  lens: ["graph", "hooks", "session", "display"],
  tuning: ["graph", "models", "hooks", "engine", "session", "display"],
  fairness: ["graph", "hooks", "session", "lens", "tuning", "display"],
  jupyter: ["session", "display"],
};

export default tseslint.config(
  {
    ignores: ["**/dist/**", "extension/lib/**", "extension/prebuilt/**", ".vitrail/**", "**/node_modules/**"],
  },
  ...tseslint.configs.recommended,
  {
    files: ["kernel/src/**/*.ts"],
    plugins: { boundaries },
    settings: {
      "import/resolver": { typescript: { project: "kernel/tsconfig.json" } },
      "boundaries/elements": [
        ...Object.keys(arrows).map((room) => ({
          type: room,
          pattern: `kernel/src/${room}/**`,
          partialMatch: false,
        })),
        { type: "entry", pattern: "kernel/src/*.ts", partialMatch: false },
      ],
    },
    rules: {
      "boundaries/dependencies": [
        "error",
        {
          default: "disallow",
          policies: [...Object.entries(arrows), ["entry", Object.keys(arrows)]].map(([from, allowed]) => ({
            from: { element: { type: from } },
            allow: { to: { element: { type: [from, ...allowed] } } },
          })),
        },
      ],
    },
  },
  {
    files: ["extension/src/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "^vitrail(?!/payload$)",
              message: "the extension knows only the payload types of display",
            },
            {
              group: ["**/kernel/**"],
              message: "the extension knows only the payload types of display, by the name vitrail/payload",
            },
          ],
        },
      ],
    },
  },
  // An old Node reads these, which has nothing else.
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/no-explicit-any": "error",
    },
  },
);
