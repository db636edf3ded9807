import { insertRow } from "../database/native.ts";
import type { AppRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { randomToken, snowflake } from "../support/ids.ts";
import { parseScopes } from "./scopes.ts";
import { hashSecret, sameSecret } from "./secrets.ts";

/** The redirect URI of apps that have no address: the code is shown to the person, who copies it. */
export const OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob";

const LONGEST = { name: 60, uri: 2000, website: 2000, uris: 30 };

/** What an app says about itself. */
export interface AppInput {
  name: string;
  redirectUris: string[];
  /** Separated by spaces; default `read`. */
  scopes?: string | undefined;
  website?: string | undefined;
}

/**
 * Registers an app. The secret is told once and stored hashed.
 * @throws {InvalidInput} for a missing name, a redirect URI that could do harm, or scopes that do not exist.
 */
export async function registerApp(site: Site, input: AppInput): Promise<{ app: AppRow; secret: string }> {
  const name = input.name.trim();
  if (name === "") throw new InvalidInput("Validation failed: Application name can't be blank");
  if (name.length > LONGEST.name)
    throw new InvalidInput(
      `Validation failed: Application name is too long (maximum is ${LONGEST.name} characters)`,
    );
  const redirectUris = [...new Set(input.redirectUris)];
  if (redirectUris.length === 0) throw new InvalidInput("Validation failed: Redirect URI can't be blank");
  if (redirectUris.length > LONGEST.uris)
    throw new InvalidInput("Validation failed: Redirect URI: there are too many");
  for (const uri of redirectUris) {
    const wrong = wrongRedirect(uri);
    if (wrong !== undefined) throw new InvalidInput(`Validation failed: Redirect URI ${wrong}`);
  }
  const scopes = parseScopes(input.scopes ?? "read");
  if (scopes === undefined)
    throw new InvalidInput("Validation failed: Scopes doesn't match configured on the server.");
  const website = input.website === undefined || input.website === "" ? undefined : webAddress(input.website);
  const secret = randomToken(32);
  const app: AppRow = {
    _id: snowflake(site.clock.now()),
    clientId: randomToken(32),
    secretHash: hashSecret(secret),
    name,
    ...(website === undefined ? {} : { website }),
    redirectUris,
    scopes: scopes.length === 0 ? ["read"] : scopes,
    createdAt: site.clock.now(),
  };
  try {
    await insertRow(site.models.apps, app);
  } catch (error) {
    // The snowflake was taken.
    if (isDuplicateKey(error)) return registerApp(site, input);
    throw error;
  }
  return { app, secret };
}

/** The app of this client id, or `null`. */
export async function findApp(site: Site, clientId: string): Promise<AppRow | null> {
  return clientId === "" || clientId.length > 200
    ? null
    : site.models.apps.findOne({ clientId }).lean<AppRow | null>();
}

/** The app that knows this secret, or `null`. */
export async function provenApp(site: Site, clientId: string, secret: string): Promise<AppRow | null> {
  const app = await findApp(site, clientId);
  return sameSecret(app?.secretHash ?? "", hashSecret(secret)) ? app : null;
}

/** Does the app have this redirect URI? To the letter: anything looser has been used to steal codes. */
export function hasRedirect(app: AppRow, uri: string): boolean {
  return app.redirectUris.includes(uri);
}

/**
 * Custom schemes need not be URLs: `com.tapbots.Ivory.10217:/request_token` is real. What a browser would run or show
 * as its own is refused, and what could end a header or a policy early.
 */
function wrongRedirect(uri: string): string | undefined {
  if (uri === OUT_OF_BAND) return undefined;
  if (uri.length > LONGEST.uri) return "is too long";
  // eslint-disable-next-line no-control-regex -- exactly these must not be in it
  if (/[\u0000-\u0020"<>\\^`{|}\u007f-\uffff]/.test(uri)) return "must be a valid URI.";
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return "must be an absolute URI.";
  if (uri.includes("#")) return "cannot contain a fragment.";
  if (
    ["javascript", "data", "vbscript", "about", "blob", "file", "filesystem", "view-source", "urn"].includes(
      scheme,
    )
  )
    return "is forbidden by the server.";
  if ((scheme === "http" || scheme === "https") && !URL.canParse(uri)) return "must be a valid URI.";
  return undefined;
}

function webAddress(text: string): string {
  if (text.length > LONGEST.website || !/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new InvalidInput("Validation failed: Website must be a valid URL.");
  return text;
}
