/** The floors of the house: an import may go down, never up, and between rooms only where an arrow is drawn. */
const ground = ["network", "documents", "signatures", "text", "support"];
const rooms = {
  database: ["support"],
  network: ["support", "signatures"],
  documents: ["support"],
  signatures: ["support"],
  text: ["support"],
  support: [],
};
const faces = ["activitypub", "mastodon", "pages", "sources"];
const only = (from, allowed, comment) => ({
  name: `floor-${from.replace(/[^a-z]+/g, "-")}`,
  comment,
  severity: "error",
  from: { path: `^src/${from}/`, pathNot: "^src/database/embedded/" },
  to: { path: "^src/", pathNot: [`^src/${from}/`, ...allowed] },
});
const dir = (name) => `^src/${name}/`;
const site = ["^src/site\\.ts$", "^src/options\\.ts$"];
const groundFloor = [...ground, "database"].map(dir);

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    ...Object.entries(rooms).map(([room, below]) =>
      only(room, below.map(dir), "ground floor rooms know support/ and the arrow drawn"),
    ),
    {
      name: "embedded-stands-alone",
      comment: "the embedded store imports nothing of ours",
      severity: "error",
      from: { path: "^src/database/embedded/" },
      to: { path: "^src/", pathNot: "^src/database/embedded/" },
    },
    {
      name: "site-on-the-ground",
      comment: "the Site and its options know the ground floor only",
      severity: "error",
      from: { path: "^src/(site|options)\\.ts$" },
      to: { path: "^src/", pathNot: [...groundFloor, ...site] },
    },
    only("remote", [...groundFloor, ...site], "remote/ stands on the ground"),
    only("delivery", [...groundFloor, ...site], "delivery/ stands on the ground"),
    only(
      "domain",
      [...groundFloor, ...site, dir("remote"), dir("delivery")],
      "domain -> remote, domain -> delivery",
    ),
    ...faces.map((face) =>
      only(
        face,
        [...groundFloor, ...site, dir("domain"), dir("remote"), dir("delivery")],
        "faces do not know each other",
      ),
    ),
    {
      name: "no-tests-in-source",
      severity: "error",
      from: { path: "^src" },
      to: { path: "^(test|bench|examples)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js"] },
  },
};
