/** An answer, and what its request was, as the rules look at it. */
export interface Answered {
  verb: string;
  path: string;
  origin: string;
  /** Whether a person's token was sent. */
  asUser: boolean;
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
}

type Entity = Record<string, unknown>;

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LINK = /^<(\S+?)>; rel="(next|prev)"(?:, <(\S+?)>; rel="(prev)")?$/;

/** Every rule that some client breaks without, whatever the method: section 1 of mastodon-clients.md. */
export function ruleProblems(answer: Answered): string[] {
  return [...headProblems(answer), ...bodyProblems(answer)];
}

function headProblems({ path, origin, status, headers, text, body }: Answered): string[] {
  const problems: string[] = [];
  if (status === 204 || text === "") problems.push(`an empty body (${status}): masto.js throws`);
  if (!(headers.get("content-type") ?? "").startsWith("application/json"))
    problems.push(`content type ${String(headers.get("content-type"))}: clients read JSON only`);
  if (headers.get("access-control-allow-origin") !== "*")
    problems.push("no CORS: web clients cannot read it");
  if (status !== 503) {
    for (const name of ["limit", "remaining"])
      if (!/^\d+$/.test(headers.get(`x-ratelimit-${name}`) ?? "")) problems.push(`no X-RateLimit-${name}`);
    if (!MOMENT.test(headers.get("x-ratelimit-reset") ?? ""))
      problems.push("X-RateLimit-Reset is no ISO time");
  }
  if (status >= 300 && status < 400) problems.push("a redirect: official iOS drops its token");
  if (status >= 400 && typeof (body as Entity | null)?.["error"] !== "string")
    problems.push("an error without a text in `error`");
  const link = headers.get("link");
  if (link !== null) problems.push(...linkProblems(link, origin, path));
  return problems;
}

function linkProblems(link: string, origin: string, path: string): string[] {
  const found = LINK.exec(link);
  if (found === null || (found[2] === "prev" && found[3] !== undefined))
    return [`Link in another form than clients match: ${link}`];
  return [found[1], found[3]].flatMap((url) => {
    if (url === undefined) return [];
    if (!url.startsWith(`${origin}/`)) return [`Link is not absolute on this host: ${url}`];
    if (url.includes("access_token")) return [`Link carries the token: ${url}`];
    const page = new URL(url);
    if (page.pathname.replace(/\/$/, "") !== (path.split("?")[0] ?? "").replace(/\/$/, ""))
      return [`Link leads to another method: ${url}`];
    const cursor = /[?&](max_id|min_id|since_id|offset)=[0-9]+/.test(url);
    return cursor ? [] : [`Link without a cursor of digits: ${url}`];
  });
}

function bodyProblems(answer: Answered): string[] {
  const problems: string[] = [];
  walk(answer.body, "", (entity, at) => problems.push(...entityProblems(entity, at, answer)));
  return problems;
}

function walk(value: unknown, at: string, visit: (entity: Entity, at: string) => void): void {
  if (Array.isArray(value)) value.forEach((item, index) => walk(item, `${at}/${index}`, visit));
  else if (typeof value === "object" && value !== null) {
    visit(value as Entity, at);
    for (const [name, inner] of Object.entries(value)) walk(inner, `${at}/${name}`, visit);
  }
}

/** Ids that are no decimal text, and why. */
const OTHER_IDS: Record<string, (value: unknown) => boolean> = {
  client_id: (value) => typeof value === "string",
  // Grouped notifications: a JSON number upstream, below 2^53.
  most_recent_notification_id: (value) => Number.isSafeInteger(value) || isDecimal(value),
};
const NEVER_NULL = [
  "display_name",
  "note",
  "spoiler_text",
  "content",
  "emojis",
  "fields",
  "media_attachments",
  "mentions",
  "tags",
  "options",
  "own_votes",
  "votes_count",
  "filtered",
  "favourited",
  "reblogged",
  "muted",
  "bookmarked",
  "pinned",
  "favourites_count",
  "reblogs_count",
  "replies_count",
  "followers_count",
  "following_count",
  "statuses_count",
  "visibility",
  "sensitive",
  "uri",
  "avatar",
  "header",
  "locked",
  "bot",
];
/** Numbers by the nature of the thing, though their name says otherwise. */
const COUNTED_TIMES = ["client_secret_expires_at"];

function entityProblems(entity: Entity, at: string, answer: Answered): string[] {
  const problems: string[] = [];
  const say = (text: string): void => void problems.push(`${at || "the answer"}: ${text}`);
  for (const [name, value] of Object.entries(entity)) {
    if (value === null) {
      // While a poll hides its totals, upstream says null for each option, too.
      const isHidden = name === "votes_count" && "title" in entity;
      // Of a profile as its owner edits it, null says that there is no picture.
      const isNone = "show_featured" in entity && ["avatar", "header"].includes(name);
      if (NEVER_NULL.includes(name) && !isHidden && !isNone) say(`${name} is null`);
      continue;
    }
    if (name === "id" || name.endsWith("_id")) {
      const known = OTHER_IDS[name];
      const isPush = name === "id" && "endpoint" in entity && "alerts" in entity;
      const isRole = name === "id" && "permissions" in entity;
      // What a waiting status was asked with: numbers in the published schema.
      const isAsked = "with_rate_limit" in entity && Number.isSafeInteger(value);
      if (
        isPush
          ? !(Number.isInteger(value) && Number(value) < 2 ** 31)
          : known
            ? !known(value)
            : !(isDecimal(value) || isRole || isAsked)
      )
        say(`${name} is ${JSON.stringify(value)}: ids are decimal text of 64 bits`);
    }
    if (name === "last_status_at" && !(typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)))
      say(`${name} is no bare date`);
    else if (name.endsWith("_at") && name !== "last_status_at" && !COUNTED_TIMES.includes(name)) {
      const isToken = "access_token" in entity;
      if (isToken ? !Number.isInteger(value) : !(typeof value === "string" && MOMENT.test(value)))
        say(`${name} is ${JSON.stringify(value)}: times have milliseconds and Z`);
    }
  }
  if ("acct" in entity && "followers_count" in entity) problems.push(...accountProblems(entity, at));
  if ("spoiler_text" in entity && "account" in entity && "uri" in entity)
    problems.push(...statusProblems(entity, at, answer));
  if (
    "preview_url" in entity &&
    "type" in entity &&
    "meta" in entity &&
    !["image", "gifv", "video", "audio", "unknown"].includes(String(entity["type"]))
  )
    say(`attachment of type ${String(entity["type"])}`);
  return problems;
}

function isDecimal(value: unknown): boolean {
  return typeof value === "string" && /^\d{1,19}$/.test(value) && BigInt(value) < 2n ** 63n;
}

function accountProblems(account: Entity, at: string): string[] {
  const problems: string[] = [];
  if (!/T00:00:00\.000Z$/.test(String(account["created_at"])))
    problems.push(`${at}: created_at of an account is midnight`);
  for (const name of ["avatar", "avatar_static", "header", "header_static"])
    if (!URL.canParse(String(account[name]))) problems.push(`${at}: ${name} is no URL`);
  return problems;
}

function statusProblems(status: Entity, at: string, { asUser }: Answered): string[] {
  const problems: string[] = [];
  const say = (text: string): void => void problems.push(`${at}: ${text}`);
  if (!["public", "unlisted", "private", "direct"].includes(String(status["visibility"])))
    say("unknown visibility");
  const isInner = /\/(status|quoted_status|reblog)$/.test(at) && at !== "/status";
  for (const name of ["favourited", "reblogged", "muted", "bookmarked"]) {
    if (asUser && typeof status[name] !== "boolean") say(`${name} is missing for a person`);
    if (!asUser && name in status) say(`${name} is there for a stranger`);
  }
  if (asUser && !isInner && !Array.isArray(status["filtered"])) say("filtered is no list");
  const boosted = status["reblog"] as Entity | null | undefined;
  if (boosted !== null && boosted !== undefined) {
    if (boosted["id"] === status["id"]) say("a boost has the id of what it boosts: Ivory ends");
    if (status["quote"] !== null && status["quote"] !== undefined) say("quote stands on the boost itself");
  }
  for (const mention of (status["mentions"] ?? []) as Entity[])
    if (typeof mention["url"] !== "string") say("a mention without url");
  return problems;
}
