import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Each danger has one gate; these imports are the back doors beside it. */
const gates = [
  { name: "undici", message: "Only src/network opens outgoing connections." },
  {
    name: "node:http",
    importNames: ["request", "get"],
    message: "Only src/network opens outgoing connections.",
  },
  { name: "node:https", message: "Only src/network opens outgoing connections." },
  { name: "sanitize-html", message: "Foreign HTML is made safe in src/text/sanitise.ts only." },
  { name: "http-signature", message: "Signing lives in src/signatures." },
  { name: "lmdb", message: "The embedded store's storage lives in src/database/embedded/storage." },
];
/** The rules against all back doors but these; a library that is loaded on demand has the same gate. */
const except = (...names) => {
  const paths = gates.filter((gate) => !names.includes(gate.name));
  const loading = (name) =>
    `:matches(CallExpression[callee.name='onDemand'][arguments.0.value='${name}'], ImportExpression[source.value='${name}'])`;
  return {
    "no-restricted-imports": ["error", { paths }],
    "no-restricted-syntax": [
      "error",
      ...paths
        .filter((gate) => gate.importNames === undefined)
        .map((gate) => ({ selector: loading(gate.name), message: gate.message })),
    ],
  };
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "coverage"] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      "prefer-const": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      ...except(),
    },
  },
  {
    files: ["src/network/**"],
    rules: except("undici", "node:http", "node:https"),
  },
  { files: ["src/text/**"], rules: except("sanitize-html") },
  { files: ["src/signatures/**"], rules: except("http-signature") },
  { files: ["src/database/embedded/**"], rules: except("lmdb") },
  {
    files: ["src/**"],
    ignores: ["src/cli/**"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "Only src/cli reads the environment; elsewhere it is an option.",
        },
      ],
    },
  },
  {
    files: ["src/cli/**", "bench/**", "scripts/**", "examples/**", "test/**", ".ci/**"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**", "bench/**", "scripts/**", "examples/**"],
    rules: {
      "no-restricted-imports": "off",
      "no-restricted-syntax": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  { files: ["**/*.{js,cjs,mjs}"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["**/*.{js,cjs,mjs}"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        URL: "readonly",
        module: "readonly",
        fetch: "readonly",
      },
    },
  },
  {
    files: ["views/assets/**"],
    languageOptions: {
      globals: {
        document: "readonly",
        navigator: "readonly",
        location: "readonly",
        DOMParser: "readonly",
        setTimeout: "readonly",
      },
    },
    rules: { "no-console": "off" },
  },
);
