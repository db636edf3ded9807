import { resolve } from "node:path";
import { z } from "zod";
import type { Site } from "./site.ts";
import type { Clock } from "./support/clock.ts";
import { systemClock } from "./support/clock.ts";
import { OptionsError } from "./support/errors.ts";
import { explainIssues } from "./support/explain-issues.ts";
import type { Logger } from "./support/logger.ts";
import { lineLogger } from "./support/logger.ts";

/** Where the site's own posts come from: made by `feed()`, `directory()`, or the host's own. */
export interface PostSource {
  /** Shown in logs and errors. */
  readonly name: string;
  /** Called once when the site can take posts. Must not throw for trouble that may pass. */
  start(site: Site): Promise<void>;
  /** Called at each tick of `feeds.poll`. */
  poll?(): Promise<void>;
  stop(): Promise<void>;
}

const username = z
  .string()
  .regex(
    /^[A-Za-z0-9_]{1,30}$/,
    "a username of 1 to 30 letters, digits or underscores (what every other server can read)",
  );

const httpUrl = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  message: "an absolute http(s) URL",
});

const picture = z.union([
  httpUrl.transform((url) => ({ url })),
  z.strictObject({ url: httpUrl, alt: z.string().max(1500).optional(), mediaType: z.string().optional() }),
]);

export const accountSchema = z.strictObject({
  username: username.describe(
    "The part of the handle before the `@`. Never change it: followers know the account by it.",
  ),
  type: z
    .enum(["Person", "Group", "Organization", "Service"])
    .default("Person")
    .describe("What the account is. `Service` is shown as a bot; Plume takes articles only of a `Person`."),
  name: z.string().max(200).default("").describe("Display name. Left out: the username."),
  summary: z.string().max(5000).default("").describe("Biography in Markdown."),
  avatar: picture.optional().describe("URL of a square picture, or `{ url, alt, mediaType }`."),
  header: picture.optional().describe("URL of a wide picture, or `{ url, alt, mediaType }`."),
  url: httpUrl.optional().describe("The profile's page. Left out: `/@username` on this site."),
  fields: z
    .array(z.strictObject({ name: z.string().min(1).max(255), value: z.string().max(2047) }))
    .max(20)
    .default([])
    .describe("Rows of the profile's table; values in Markdown."),
  alsoKnownAs: z
    .array(httpUrl)
    .max(20)
    .default([])
    .describe("Ids of other accounts of the same person; needed to move here."),
  discoverable: z.boolean().default(true).describe("May be recommended and listed in directories."),
  indexable: z
    .boolean()
    .default(false)
    .describe("Public posts may be found by other servers' full-text search."),
  manuallyApprovesFollowers: z
    .boolean()
    .default(false)
    .describe("Followers wait for approval instead of being accepted at once."),
});

const isFunction = (value: unknown): boolean => typeof value === "function";
const functionOf = <T>(what: string) => z.custom<T>(isFunction, { message: what });

const delivery = z
  .strictObject({
    concurrency: z
      .int()
      .min(1)
      .max(1000)
      .default(32)
      .describe("Deliveries in flight at once, over all hosts."),
    perHost: z.int().min(1).max(100).default(4).describe("Deliveries in flight at once to one host."),
    sweep: z
      .string()
      .default("*/5 * * * * *")
      .describe(
        "Cron expression (with seconds) of the sweep that finds what no wake-up told of: retries and orphans.",
      ),
    lease: z
      .int()
      .min(5)
      .max(3600)
      .default(60)
      .describe("Seconds that a process may hold a claimed delivery before another takes it over."),
    keepDelivered: z
      .int()
      .min(0)
      .max(365)
      .default(7)
      .describe("Days that delivered rows are kept for the owner to see."),
    keepFailed: z.int().min(0).max(365).default(30).describe("Days that failed rows are kept."),
  })
  .prefault({});

const feeds = z
  .strictObject({
    poll: z.string().default("*/10 * * * *").describe("Cron expression of the polling of feeds."),
  })
  .prefault({});

const media = z
  .strictObject({
    ffmpeg: z
      .string()
      .min(1)
      .default("ffmpeg")
      .describe(
        "Name or path of the program that makes uploaded video and sound playable. Without it apps can upload pictures only.",
      ),
    ffprobe: z.string().min(1).default("ffprobe").describe("The same of the program that looks into them."),
  })
  .prefault({});

const api = z
  .strictObject({
    requestsPer5Minutes: z
      .int()
      .min(1)
      .default(300)
      .describe(
        "Requests that one logged-in app, or one address without a login, may make in five minutes. Each process of the site counts by itself.",
      ),
  })
  .prefault({});

/** Every option with its default and reason; docs/options.md is generated from it. */
export const optionsSchema = z.strictObject({
  origin: z
    .string()
    .refine(
      (text) =>
        URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).pathname === "/",
      {
        message: "the site's public address without a path, such as https://blog.example",
      },
    )
    .transform((text) => new URL(text).origin)
    .describe("The site's public address. Ids are made from it: choose it once."),
  accounts: z
    .array(accountSchema)
    .default([])
    .describe("The site's accounts. Others can be made with `account create`."),
  database: z
    .custom<unknown>((value) => typeof value === "string" || (typeof value === "object" && value !== null), {
      message: "a mongodb:// URI, a mongoose Connection or a MongoClient",
    })
    .optional()
    .describe(
      "A MongoDB URI, a mongoose Connection or a MongoClient. Left out: the embedded store in the data folder.",
    ),
  dataDir: z
    .string()
    .min(1)
    .default("./fediverse-data")
    .transform((path) => resolve(path))
    .describe("Folder of the embedded store and of media."),
  collectionPrefix: z
    .string()
    .regex(/^[a-z][a-z_]{0,20}$/, "lower-case letters and underscores")
    .default("fedi_")
    .describe("Put before the name of each collection, since they may share the host's database."),
  posts: z
    .custom<PostSource | PostSource[]>(
      (value) => (Array.isArray(value) ? value.every(isSource) : isSource(value)),
      { message: "a source such as feed(url) or directory(path), or an array of them" },
    )
    .optional()
    .transform((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]))
    .describe(
      "Where the site's own posts come from: `feed(url)`, `directory(path)`, or several in an array. `fedi.publish()` works besides.",
    ),
  author: username
    .optional()
    .describe("Username of the account that posts without an author belong to. Left out: the first account."),
  contactEmail: z
    .email()
    .optional()
    .describe("An e-mail address that apps show as the one to write to about this site. Left out: none."),
  federateAs: z
    .enum(["auto", "Article", "Note"])
    .default("auto")
    .describe(
      "`auto`: a post with a title is an Article, one without is a Note. A field `type` on the post decides otherwise.",
    ),
  articleSummary: z
    .enum(["excerpt", "own", "none"])
    .default("excerpt")
    .describe(
      "What an Article carries as `summary`. Mastodon shows only title, summary and link; Misskey and GoToSocial hide the text behind a summary. `excerpt`: the post's own or one made of its beginning; `own`: only the post's own; `none`: never.",
    ),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, "a language tag such as en or pt-BR")
    .optional()
    .describe("Language of posts that name none."),
  blockedHosts: z
    .array(z.string().toLowerCase())
    .default([])
    .describe("Hosts (and their subdomains) that are neither heard nor spoken to."),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe(
      "Permit http and private addresses. For development and tests only: with it, anybody can make the site call into your network.",
    ),
  startTimeout: z
    .number()
    .positive()
    .default(30)
    .describe("Seconds until `ready` rejects when the database cannot be reached. The site keeps trying."),
  delivery: delivery.describe("The delivery queue."),
  feeds: feeds.describe("Polling of feeds."),
  api: api.describe("The Mastodon API, for apps."),
  media: media.describe("Uploads of apps."),
  clockwork: z
    .boolean()
    .default(true)
    .describe(
      "Run the cron work (deliveries, inbox, feeds) in this process. One process of a site at least must.",
    ),
  views: z
    .string()
    .optional()
    .transform((path) => (path === undefined ? undefined : resolve(path)))
    .describe("Folder whose Handlebars files replace the package's own of the same name."),
  authenticate: functionOf<
    (request: unknown) => string | string[] | undefined | Promise<string | string[] | undefined>
  >("a function from a request to a username, several, or undefined")
    .optional()
    .describe(
      "Who is logged in at the host: the username of their account, several if they may choose, or undefined. Left out: the package has a login of its own, with passwords set by `account password NAME`.",
    ),
  loginUrl: z
    .string()
    .regex(/^\/(?!\/)|^https:\/\//, "a path of this site, or an https URL")
    .optional()
    .describe(
      "With `authenticate`: where people log in at the host. `{return}` in it is replaced by the percent-encoded path to come back to.",
    ),
  logger: z
    .custom<Logger>(
      (value) =>
        typeof value === "object" &&
        value !== null &&
        ["debug", "info", "warn", "error"].every((name) =>
          isFunction((value as Record<string, unknown>)[name]),
        ),
      {
        message: "an object with debug, info, warn and error, such as pino",
      },
    )
    .default(() => lineLogger())
    .describe(
      "Where the log goes: pino, or anything of its shape. Left out: one line a message on standard error.",
    ),
  clock: z
    .custom<Clock>(
      (value) =>
        typeof value === "object" && value !== null && isFunction((value as Record<string, unknown>)["now"]),
      { message: "an object with now()" },
    )
    .default(systemClock)
    .describe("For tests: where the time comes from."),
  durability: z
    .enum(["fsync", "os"])
    .default("fsync")
    .describe("Of the embedded store. `os` survives a crash of the process, not of the machine; for tests."),
});

function isSource(value: unknown): value is PostSource {
  return (
    typeof value === "object" &&
    value !== null &&
    isFunction((value as Record<string, unknown>)["start"]) &&
    isFunction((value as Record<string, unknown>)["stop"])
  );
}

/** What a host may write. */
export type FediverseOptions = z.input<typeof optionsSchema>;
/** The same with every default filled in. */
export type SiteOptions = z.output<typeof optionsSchema>;
export type AccountOptions = z.output<typeof accountSchema>;

/**
 * Checks the options of the host.
 * @throws {OptionsError} one message that names each wrong option, what was given and what is wanted.
 */
export function readOptions(given: unknown): SiteOptions {
  const parsed = optionsSchema.safeParse(given ?? {});
  if (!parsed.success) throw new OptionsError(explainIssues(parsed.error.issues, given), parsed.error);
  const options = parsed.data;
  const names = options.accounts.map((account) => account.username.toLowerCase());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new OptionsError(
      `fediverse(): option "accounts" names "${twice}" twice; usernames differ by more than capitals.`,
    );
  if (options.origin.startsWith("http:") && !options.allowPrivateNetwork) {
    throw new OptionsError(
      `fediverse(): option "origin" is "${options.origin}"; other servers only speak to https. Give the https address, or set "allowPrivateNetwork" for development.`,
    );
  }
  return options;
}
