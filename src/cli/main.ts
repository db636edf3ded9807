#!/usr/bin/env node
import { FediverseError } from "../support/errors.ts";
import { VERSION } from "../support/version.ts";
import { accountCommand } from "./account.ts";
import { help } from "./help.ts";
import { migrateCommand } from "./migrate.ts";
import { postCommand } from "./post.ts";
import { serveCommand } from "./serve.ts";
import { tokenCommand } from "./token.ts";

const commands: Record<string, (argv: string[], environment: NodeJS.ProcessEnv) => Promise<void>> = {
  serve: serveCommand,
  account: accountCommand,
  post: postCommand,
  token: tokenCommand,
  migrate: migrateCommand,
};

async function main([name = "help", ...argv]: string[]): Promise<void> {
  if (name === "--version" || name === "-v" || name === "version") {
    console.log(VERSION);
  } else if (name === "help" || name === "--help" || name === "-h" || argv.includes("--help")) {
    console.log(help());
  } else {
    const command = commands[name];
    if (!command) {
      console.error(`There is no command "${name}".\n\n${help()}`);
      process.exitCode = 2;
      return;
    }
    await command(argv, process.env);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // What is ours is said plainly; anything else is a fault, and its stack helps whoever mends it.
  const known = error instanceof FediverseError;
  console.error(known ? error.message : error);
  process.exit(known && error.code === "options" ? 2 : 1);
});
