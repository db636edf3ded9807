import type { AppRow } from "../../database/rows.ts";
import { registerApp } from "../../domain/apps.ts";
import { vapidKeys } from "../../domain/vapid.ts";
import type { Api } from "../api.ts";
import type { Params } from "../params.ts";

/** Registering an app, and asking what one is. */
export function appRoutes(api: Api): void {
  api.post("/api/v1/apps", { auth: "none", budget: "registration" }, async ({ site, params }) => {
    const { app, secret } = await registerApp(site, {
      name: params.string("client_name") ?? "",
      redirectUris: redirectUris(params),
      scopes: params.string("scopes"),
      website: params.string("website"),
    });
    return {
      id: String(app._id),
      ...(await describeApp(api, app)),
      client_id: app.clientId,
      client_secret: secret,
      client_secret_expires_at: 0,
    };
  });

  api.get("/api/v1/apps/verify_credentials", { auth: "app" }, async ({ viewer: { app } }) =>
    app === undefined ? undefined : { id: String(app._id), ...(await describeApp(api, app)) },
  );
}

/** A list, or one text with a URI on each line. */
function redirectUris(params: Params): string[] {
  return params
    .strings("redirect_uris")
    .flatMap((text) => text.split(/\s+/))
    .filter((uri) => uri !== "");
}

/** Official iOS takes `redirect_uri` from here for the authorize page, so it is as it was given. */
async function describeApp(api: Api, app: AppRow): Promise<object> {
  return {
    name: app.name,
    website: app.website ?? null,
    scopes: app.scopes,
    redirect_uris: app.redirectUris,
    redirect_uri: app.redirectUris.join("\n"),
    vapid_key: (await vapidKeys(api.site)).publicKey,
  };
}
