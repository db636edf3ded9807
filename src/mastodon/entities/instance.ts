import type { SiteFacts } from "../../domain/site-facts.ts";
import { PROFILE_LIMITS } from "../../domain/profile-limits.ts";
import { MEDIA_LIMITS, STATUS_LIMITS } from "../../domain/status-limits.ts";
import { VERSION } from "../../support/version.ts";
import type { AccountEntity } from "./account.ts";

/**
 * Features up to 4.5 (quotes) are here. Clients read the beginning as a number and a few read the rest: this form is one
 * that they know, and names of other servers in it would switch them to those servers' dialects.
 */
export const API_VERSION = `4.5.0 (compatible; express-fediverse ${VERSION})`;
/** 7 stands for 4.5; each number promises methods, so it is raised with them only. */
export const API_LEVEL = 7;

/** Everything the two instance documents are made of. */
export interface InstanceInput {
  facts: SiteFacts;
  contact: AccountEntity | null;
  email: string;
  host: string;
  origin: string;
  /** `wss://host`, where streams are attached. */
  streamingUrl: string | undefined;
  language: string;
  /** Absolute address of a picture. */
  thumbnail: string;
  vapidPublicKey: string;
  /** Media types that uploads are taken of. */
  mediaTypes: readonly string[];
}

function limits(mediaTypes: readonly string[]) {
  return {
    statuses: {
      max_characters: STATUS_LIMITS.characters,
      max_media_attachments: STATUS_LIMITS.attachments,
      characters_reserved_per_url: STATUS_LIMITS.urlCharacters,
    },
    media_attachments: {
      supported_mime_types: mediaTypes,
      description_limit: MEDIA_LIMITS.altCharacters,
      image_size_limit: MEDIA_LIMITS.imageBytes,
      image_matrix_limit: MEDIA_LIMITS.imagePixels,
      video_size_limit: MEDIA_LIMITS.videoBytes,
      video_frame_rate_limit: MEDIA_LIMITS.videoFrameRate,
      video_matrix_limit: MEDIA_LIMITS.videoPixels,
    },
    polls: {
      max_options: STATUS_LIMITS.pollOptions,
      max_characters_per_option: STATUS_LIMITS.pollOptionCharacters,
      min_expiration: STATUS_LIMITS.pollShortest,
      max_expiration: STATUS_LIMITS.pollLongest,
    },
  };
}

/** `GET /api/v2/instance`. */
export function instanceEntity(input: InstanceInput) {
  const { facts, host, origin } = input;
  return {
    domain: host,
    title: facts.title,
    version: API_VERSION,
    // Required by clients; the site itself, which may say where its own source is.
    source_url: `${origin}/`,
    description: facts.summary,
    usage: { users: { active_month: facts.activeLastMonth } },
    thumbnail: { url: input.thumbnail, blurhash: null, versions: {} },
    icon: [],
    languages: [input.language],
    configuration: {
      urls: {
        ...(input.streamingUrl === undefined ? {} : { streaming: input.streamingUrl }),
        status: null,
        about: `${origin}/`,
        privacy_policy: null,
        terms_of_service: null,
      },
      vapid: { public_key: input.vapidPublicKey },
      accounts: {
        max_featured_tags: PROFILE_LIMITS.featuredTags,
        max_pinned_statuses: STATUS_LIMITS.pins,
        max_display_name_length: PROFILE_LIMITS.nameCharacters,
        max_note_length: PROFILE_LIMITS.noteCharacters,
        max_avatar_description_length: PROFILE_LIMITS.altCharacters,
        max_header_description_length: PROFILE_LIMITS.altCharacters,
        max_profile_fields: PROFILE_LIMITS.fields,
        profile_field_name_limit: PROFILE_LIMITS.fieldNameCharacters,
        profile_field_value_limit: PROFILE_LIMITS.fieldValueCharacters,
      },
      ...limits(input.mediaTypes),
      translation: { enabled: false },
      timelines_access: {
        live_feeds: { local: "public", remote: "public" },
        hashtag_feeds: { local: "public", remote: "public" },
        trending_link_feeds: { local: "public", remote: "disabled" },
      },
      limited_federation: false,
    },
    registrations: {
      enabled: false,
      approval_required: false,
      reason_required: false,
      message: null,
      min_age: null,
      url: null,
    },
    api_versions: { mastodon: API_LEVEL },
    contact: { email: input.email, account: input.contact },
    rules: [],
  };
}

/** `GET /api/v1/instance`: read first by official iOS, Tuba and toot, which wants every member. */
export function instanceV1Entity(input: InstanceInput) {
  const { facts } = input;
  return {
    // The bare host: toot and others build handles with it.
    uri: input.host,
    title: facts.title,
    short_description: facts.summary,
    description: facts.about,
    email: input.email,
    version: API_VERSION,
    urls: input.streamingUrl === undefined ? {} : { streaming_api: input.streamingUrl },
    stats: { user_count: facts.accounts, status_count: facts.posts, domain_count: facts.peers.length },
    thumbnail: input.thumbnail,
    languages: [input.language],
    registrations: false,
    approval_required: false,
    invites_enabled: false,
    configuration: {
      accounts: { max_featured_tags: PROFILE_LIMITS.featuredTags, max_pinned_statuses: STATUS_LIMITS.pins },
      ...limits(input.mediaTypes),
    },
    contact_account: input.contact,
    rules: [],
  };
}
