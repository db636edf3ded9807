#!/usr/bin/env node
import { FediverseError } from "../support/errors.ts";
import { VERSION } from "../support/version.ts";

type Command = (argv: string[], environment: NodeJS.ProcessEnv) => Promise<void>;

/** Read when they are asked for: whoever wants the help should not wait for a whole server to be read. */
const commands = new Map<string, () => Promise<Command>>([
  ["serve", async () => (await import("./serve.ts")).serveCommand],
  ["account", async () => (await import("./account.ts")).accountCommand],
  ["post", async () => (await import("./post.ts")).postCommand],
  ["token", async () => (await import("./token.ts")).tokenCommand],
  ["migrate", async () => (await import("./migrate.ts")).migrateCommand],
]);

async function help(): Promise<string> {
  return (await import("./help.ts")).help();
}

async function main([name = "help", ...argv]: string[]): Promise<void> {
  if (name === "--version" || name === "-v" || name === "version") {
    console.log(VERSION);
  } else if (name === "help" || name === "--help" || name === "-h" || argv.includes("--help")) {
    console.log(await help());
  } else {
    const load = commands.get(name);
    if (!load) {
      console.error(`There is no command "${name}".\n\n${await help()}`);
      process.exitCode = 2;
      return;
    }
    const command = await load();
    await command(argv, process.env);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // What is ours is said plainly; anything else is a fault, and its stack helps whoever mends it.
  const known = error instanceof FediverseError;
  console.error(known ? error.message : error);
  process.exit(known && error.code === "options" ? 2 : 1);
});
