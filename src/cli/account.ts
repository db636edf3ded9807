import { InvalidInput, OptionsError } from "../support/errors.ts";
import type { AccountOptions } from "../options.ts";
import { localAccount } from "../domain/accounts.ts";
import { setPassword } from "../domain/logins.ts";
import { askSecret } from "./ask-secret.ts";
import { readCommandLine, type CommandFlag } from "./flags.ts";
import { withSite } from "./with-site.ts";

const FLAGS: readonly CommandFlag[] = [
  { flag: "name", type: "string" },
  { flag: "summary", type: "string" },
  { flag: "type", type: "string" },
  { flag: "avatar", type: "string" },
  { flag: "header", type: "string" },
  { flag: "field", type: "string", multiple: true },
];

/** `account create NAME`: makes an account, or changes its profile. `account password NAME`: sets its password. */
export async function accountCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { options, own, positionals } = readCommandLine(argv, environment, FLAGS);
  const [verb, username, ...rest] = positionals;
  if (!(verb === "create" || verb === "password") || username === undefined || rest.length > 0) {
    throw new OptionsError(
      "Usage: express-fediverse account create NAME [--name ...] [--summary ...]\n       express-fediverse account password NAME",
    );
  }
  if (verb === "password") {
    await setPasswordOf(options, username);
    return;
  }
  const fields = (Array.isArray(own["field"]) ? own["field"] : []).map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new InvalidInput(`--field is "${text}"; wanted: Name=Value.`);
    return { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
  });
  const given = Object.fromEntries(
    ["name", "summary", "type", "avatar", "header"].flatMap((name) =>
      own[name] === undefined ? [] : [[name, own[name]]],
    ),
  );
  const profile = { username, ...given, ...(fields.length === 0 ? {} : { fields }) } as {
    username: string;
  } & Partial<AccountOptions>;
  await withSite(options, async (fedi) => {
    const account = await fedi.account(profile);
    console.log(
      `@${account.username}@${account.host} is ready.\n  profile  ${account.url}\n  id       ${account.uri}`,
    );
  });
}

async function setPasswordOf(options: Record<string, unknown>, username: string): Promise<void> {
  await withSite(options, async ({ site }) => {
    const account = await localAccount(site, username);
    if (account === null) throw new InvalidInput(`There is no account "${username}" on this site.`);
    await setPassword(site, account, await askSecret(`New password of @${account.username}: `));
    console.log(
      `@${account.username}@${account.host} logs in with it at ${site.urls.origin}/fediverse/login and in every Mastodon app. Browsers that were logged in are logged out.`,
    );
  });
}
