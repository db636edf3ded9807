import { flags } from "./flags.ts";

/** The text of `express-fediverse help`. */
export function help(): string {
  const rows = flags().map((flag) => {
    const value = flag.type === "boolean" ? "" : ` <${flag.choices?.join("|") ?? flag.type}>`;
    const more =
      flag.default === undefined || flag.default === "" ? "" : ` Default ${JSON.stringify(flag.default)}.`;
    return `  --${flag.flag}${value}\n      ${flag.description}${more}\n      ${flag.variable}`;
  });
  return `express-fediverse: puts a site on the fediverse

Commands
  serve                 run the package with an empty host, for a static blog
                        --port <number> (FEDIVERSE_PORT, 3000), --host <address> (FEDIVERSE_HOST, all),
                        --feed <url or path> (FEDIVERSE_FEED), --directory <folder> (FEDIVERSE_DIRECTORY),
                        --trust-proxy <addresses> (FEDIVERSE_TRUST_PROXY, loopback): web servers in front whose
                        X-Forwarded-For is believed
  account create NAME   make an account, or change its profile
                        --name <text> --summary <markdown> --type <Person|Group|Organization|Service>
                        --avatar <url> --header <url> --field "Name=Value" (repeatable)
  account password NAME set the password NAME logs in with, typed unseen or piped in
  token create NAME     make a token with which a script acts as NAME in the Mastodon API
                        --scopes "read write" --name "My script"
  post NAME [TEXT]      publish as NAME; Markdown from TEXT, from --file, or from standard input
                        --title <text> --reply-to <url> --visibility <public|unlisted|followers>
                        --warning <text> --language <tag> --url <permalink> --file <path>
  migrate               bring the database to the shape this version needs
  help, version

Options, each also an environment variable
${rows.join("\n")}
`;
}
