import assert from "node:assert/strict";
import { ApiClient, type Answer, type CallOptions } from "../support/api-client.ts";
import type { StartedApi } from "../support/start-api.ts";
import { codeFor } from "./consent.ts";

/** How an app logs in: what it sends in which form. */
export interface Login {
  name: string;
  redirect: string;
  scopes?: string;
  /** How `POST /api/v1/apps` and `POST /oauth/token` carry their parameters. */
  app: NonNullable<CallOptions["as"]>;
  token: NonNullable<CallOptions["as"]>;
  /** Whether `scope` is sent with the code. */
  tokenScope?: boolean;
  pkce?: { verifier: string; challenge: string };
  authorizePath?: string;
}

/** A logged-in app. */
export interface LoggedIn {
  client: ApiClient;
  /** The answers of both calls, for what the app needs of them. */
  app: Answer;
  token: Answer;
}

/** Registers, asks in the browser and exchanges the code, as the app's own code does. */
export async function logIn(api: StartedApi, login: Login): Promise<LoggedIn> {
  const scopes = login.scopes ?? "read write follow push";
  const stranger = api.stranger();
  const app = await stranger.post(
    "/api/v1/apps",
    { client_name: login.name, redirect_uris: login.redirect, scopes },
    { as: login.app },
  );
  needs(app.body, {
    id: "text",
    name: "text",
    client_id: "text",
    client_secret: "text",
    redirect_uri: "text",
  });
  assert.equal(app.body.redirect_uri, login.redirect, "echoed unchanged: some build the question of it");
  const code = await codeFor(
    api,
    {
      client_id: app.body.client_id,
      redirect_uri: app.body.redirect_uri,
      scope: scopes,
      ...(login.pkce === undefined
        ? {}
        : { code_challenge: login.pkce.challenge, code_challenge_method: "S256" }),
    },
    login.authorizePath,
  );
  const token = await stranger.post(
    "/oauth/token",
    {
      grant_type: "authorization_code",
      client_id: app.body.client_id,
      client_secret: app.body.client_secret,
      redirect_uri: login.redirect,
      code,
      ...(login.tokenScope === true ? { scope: scopes } : {}),
      ...(login.pkce === undefined ? {} : { code_verifier: login.pkce.verifier }),
    },
    { as: login.token },
  );
  needs(token.body, { access_token: "text", token_type: "text", scope: "text", created_at: "number" });
  return { client: new ApiClient(api.origin, { token: token.body.access_token as string }), app, token };
}

type Kind = "text" | "number" | "boolean" | "list" | "object" | "url";

/** Fields that an app's decoder does not do without: each there, not null, and of its kind. Dots lead inside. */
export function needs(body: unknown, fields: Record<string, Kind>): void {
  const missing = Object.entries(fields).flatMap(([path, kind]) => {
    const value = path
      .split(".")
      .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], body);
    return isOf(kind, value) ? [] : [`${path} is ${JSON.stringify(value)} and no ${kind}`];
  });
  assert.deepEqual(missing, []);
}

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === "list") return Array.isArray(value);
  if (kind === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (kind === "url") return typeof value === "string" && URL.canParse(value);
  return typeof value === (kind === "text" ? "string" : kind);
}

/** Every item, and at least one: a need that nothing was held against is none. */
export function eachNeeds(body: unknown, fields: Record<string, Kind>): void {
  assert.ok(Array.isArray(body) && body.length > 0, "a list with something in it");
  for (const item of body) needs(item, fields);
}

/** Counts, flags and lists of a status that strict decoders (Moshi of Tusky, official Android) want. */
export const STATUS: Record<string, Kind> = {
  id: "text",
  uri: "text",
  created_at: "text",
  content: "text",
  spoiler_text: "text",
  visibility: "text",
  sensitive: "boolean",
  favourited: "boolean",
  reblogged: "boolean",
  bookmarked: "boolean",
  muted: "boolean",
  filtered: "list",
  reblogs_count: "number",
  favourites_count: "number",
  replies_count: "number",
  media_attachments: "list",
  mentions: "list",
  tags: "list",
  emojis: "list",
  account: "object",
};
/** The same of an account; pictures as addresses, since Ice Cubes decodes them as such. */
export const ACCOUNT: Record<string, Kind> = {
  id: "text",
  username: "text",
  acct: "text",
  display_name: "text",
  note: "text",
  url: "url",
  avatar: "url",
  avatar_static: "url",
  header: "url",
  header_static: "url",
  locked: "boolean",
  bot: "boolean",
  group: "boolean",
  created_at: "text",
  followers_count: "number",
  following_count: "number",
  statuses_count: "number",
  fields: "list",
  emojis: "list",
};
export const ME: Record<string, Kind> = {
  ...ACCOUNT,
  "source.note": "text",
  "source.fields": "list",
  "source.privacy": "text",
  "source.sensitive": "boolean",
  "role.name": "text",
  "role.color": "text",
};
/** `GET /api/v2/instance`: the most that one of them (Ice Cubes, Android, Tusky) wants. */
export const INSTANCE: Record<string, Kind> = {
  domain: "text",
  title: "text",
  version: "text",
  description: "text",
  thumbnail: "object",
  "thumbnail.url": "url",
  "contact.email": "text",
  rules: "list",
  languages: "list",
  "registrations.enabled": "boolean",
  "registrations.approval_required": "boolean",
  "configuration.urls": "object",
  "configuration.vapid.public_key": "text",
  "configuration.accounts.max_featured_tags": "number",
  "configuration.translation.enabled": "boolean",
  "configuration.statuses.max_characters": "number",
  "configuration.statuses.max_media_attachments": "number",
  "configuration.statuses.characters_reserved_per_url": "number",
  "configuration.media_attachments.supported_mime_types": "list",
  "configuration.media_attachments.image_size_limit": "number",
  "configuration.polls.max_options": "number",
  "configuration.polls.max_characters_per_option": "number",
  "configuration.polls.min_expiration": "number",
  "configuration.polls.max_expiration": "number",
  "api_versions.mastodon": "number",
};
export const INSTANCE_V1: Record<string, Kind> = {
  uri: "text",
  title: "text",
  short_description: "text",
  description: "text",
  email: "text",
  version: "text",
  urls: "object",
  "stats.user_count": "number",
  "stats.status_count": "number",
  "stats.domain_count": "number",
  languages: "list",
  registrations: "boolean",
  approval_required: "boolean",
  invites_enabled: "boolean",
  "configuration.statuses.max_characters": "number",
  rules: "list",
};
export const PREFERENCES: Record<string, Kind> = {
  "posting:default:visibility": "text",
  "posting:default:sensitive": "boolean",
  "reading:expand:media": "text",
  "reading:expand:spoilers": "boolean",
};
