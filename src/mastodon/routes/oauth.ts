import { redeemCode } from "../../domain/grants.ts";
import { covers, coversAll, parseScopes, SCOPES } from "../../domain/scopes.ts";
import { hashSecret } from "../../domain/secrets.ts";
import { giveToken, revokeToken } from "../../domain/tokens.ts";
import type { AppRow, TokenRow } from "../../database/rows.ts";
import type { Api, Context } from "../api.ts";
import { appOf } from "../client-credentials.ts";
import { ApiError } from "../errors.ts";

/**
 * OAuth 2 as apps speak it with the server: tokens (RFC 6749), their end (RFC 7009), the description of it all
 * (RFC 8414), and who the person is. The pages that people see are in pages/consent.ts.
 */
export function oauthRoutes(api: Api): void {
  const { origin } = api.site.urls;

  api.post("/oauth/token", { auth: "none", budget: "grant" }, async (context) => {
    const { params } = context;
    const app = await appOf(context.site, context.request, params);
    if (app === null) throw invalidClient();
    const type = params.string("grant_type");
    if (type === "authorization_code") return tokenForCode(context, app);
    if (type === "client_credentials") return tokenForApp(context, app);
    if (type === undefined) throw refused("invalid_request", "grant_type is missing.");
    // Passwords belong on a page of this site only; toot's login_cli learns it from here.
    throw refused(
      "unsupported_grant_type",
      `This server gives no token for the grant type "${type.slice(0, 60)}".`,
    );
  });

  api.post("/oauth/revoke", { auth: "none", budget: "grant" }, async ({ site, request, params }) => {
    const app = await appOf(site, request, params);
    const secret = params.string("token");
    if (app === null) throw notYours();
    if (secret === undefined) throw refused("invalid_request", "token is missing.");
    const token = await site.models.tokens.findOne({ tokenHash: hashSecret(secret) }).lean<TokenRow | null>();
    if (token === null) return {};
    if (token.app !== app._id) throw notYours();
    await revokeToken(site, token);
    return {};
  });

  const userinfo = ({ account }: Context): object => ({
    iss: `${origin}/`,
    sub: account.uri,
    name: account.name,
    preferred_username: account.username,
    profile: account.url,
    ...(account.icon === undefined ? {} : { picture: account.icon.url }),
  });
  api.get("/oauth/userinfo", { scope: "profile" }, userinfo);
  api.post("/oauth/userinfo", { scope: "profile" }, userinfo);

  api.get("/.well-known/oauth-authorization-server", { auth: "none" }, ({ response }) => {
    response.set("Cache-Control", "public, max-age=600");
    return {
      issuer: `${origin}/`,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      userinfo_endpoint: `${origin}/oauth/userinfo`,
      app_registration_endpoint: `${origin}/api/v1/apps`,
      scopes_supported: SCOPES,
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      grant_types_supported: ["authorization_code", "client_credentials"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      code_challenge_methods_supported: ["S256"],
      service_documentation: "https://docs.joinmastodon.org/",
    };
  });
}

async function tokenForCode({ site, params, response }: Context, app: AppRow): Promise<object> {
  const code = params.string("code");
  const redirectUri = params.string("redirect_uri");
  if (code === undefined || redirectUri === undefined)
    throw refused("invalid_request", `${code === undefined ? "code" : "redirect_uri"} is missing.`);
  const redeemed = await redeemCode(site, app, {
    code,
    redirectUri,
    verifier: params.string("code_verifier"),
  });
  if (redeemed.ok) return tokenAnswer(response, redeemed.token, redeemed.secret);
  site.logger.debug({ app: app.name, reason: redeemed.reason }, "no token for a code");
  // One text for all: which of them it was helps only whoever is guessing.
  throw refused(
    redeemed.reason === "no-verifier" ? "invalid_request" : "invalid_grant",
    redeemed.reason === "no-verifier"
      ? "code_verifier is missing."
      : "This code is wrong, used, expired, or belongs to another app, redirect URI or code_verifier.",
  );
}

/** A token of the app itself, with which it reads what is public. */
async function tokenForApp({ site, params, response }: Context, app: AppRow): Promise<object> {
  const asked = params.string("scope");
  const scopes =
    asked === undefined ? (covers(app.scopes, "read") ? ["read"] : app.scopes) : parseScopes(asked);
  if (scopes === undefined || scopes.length === 0 || !coversAll(app.scopes, scopes))
    throw refused("invalid_scope", "These scopes do not exist, or the app has not registered for them.");
  const { token, secret } = await giveToken(site, app, scopes);
  return tokenAnswer(response, token, secret);
}

function tokenAnswer(response: Context["response"], token: TokenRow, secret: string): object {
  response.set({ "Cache-Control": "no-store", Pragma: "no-cache" });
  return {
    access_token: secret,
    token_type: "Bearer",
    scope: token.scopes.join(" "),
    created_at: Math.floor(token.createdAt.getTime() / 1000),
  };
}

function refused(error: string, description: string, status = 400): ApiError {
  return new ApiError(status, error, { error_description: description });
}

/** Elk registers anew when it reads this. */
function invalidClient(): ApiError {
  return refused(
    "invalid_client",
    "The app is unknown here, or its client_id and client_secret do not match.",
    401,
  );
}

function notYours(): ApiError {
  return refused("unauthorized_client", "You are not authorized to revoke this token", 403);
}
