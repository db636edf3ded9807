import { localAccount } from "../domain/accounts.ts";
import { OUT_OF_BAND, registerApp } from "../domain/apps.ts";
import { giveToken } from "../domain/tokens.ts";
import { InvalidInput, OptionsError } from "../support/errors.ts";
import { readCommandLine, type CommandFlag } from "./flags.ts";
import { withSite } from "./with-site.ts";

const FLAGS: readonly CommandFlag[] = [
  { flag: "scopes", type: "string" },
  { flag: "name", type: "string" },
];

/** `token create NAME`: a token for a script, as an app of its own that can be disconnected like any other. */
export async function tokenCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { options, own, positionals } = readCommandLine(argv, environment, FLAGS);
  const [verb, username, ...rest] = positionals;
  if (verb !== "create" || username === undefined || rest.length > 0)
    throw new OptionsError(
      'Usage: express-fediverse token create NAME [--scopes "read write"] [--name "My script"]',
    );
  const text = (flag: string, otherwise: string): string =>
    typeof own[flag] === "string" ? own[flag] : otherwise;
  await withSite(options, async ({ site }) => {
    const account = await localAccount(site, username);
    if (account === null) throw new InvalidInput(`There is no account "${username}" on this site.`);
    const { app } = await registerApp(site, {
      name: text("name", "Command line"),
      redirectUris: [OUT_OF_BAND],
      scopes: text("scopes", "read write"),
    });
    const { secret } = await giveToken(site, app, app.scopes, account);
    // Alone on standard output, so that a script can keep it.
    console.error(
      `A token for @${account.username}@${account.host}, scopes: ${app.scopes.join(" ")}. It is shown this once; end it at ${site.urls.origin}/fediverse/desk/apps.`,
    );
    console.log(secret);
  });
}
