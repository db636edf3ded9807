// What npm would publish, looked at as its users' tools see it: publint, and are-the-types-wrong on the packed file.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directory = mkdtempSync(join(tmpdir(), "fedi-pack-"));
const run = (command, ...args) =>
  execFileSync(command, args, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
try {
  // Without scripts: the build is there, and a second one would only take time.
  const [{ filename, size, files }] = JSON.parse(
    run("npm", "pack", "--json", "--ignore-scripts", "--pack-destination", directory),
  );
  const strange = files.filter(
    ({ path }) => /(^|\/)(test|bench|examples|node_modules)\//.test(path) || /\.test\./.test(path),
  );
  if (strange.length > 0)
    throw new Error(`in the package, and should not be: ${strange.map(({ path }) => path).join(", ")}`);
  console.log(`${filename}: ${files.length} files, ${Math.round(size / 1024)} KiB`);
  console.log(run("npx", "publint", "--strict", "--pack", "false").trim());
  console.log(
    run("npx", "attw", join(directory, filename), "--profile", "esm-only", "--format", "ascii").trim(),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
