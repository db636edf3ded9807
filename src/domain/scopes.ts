/** What an app may be allowed to do, as Mastodon names it. */
const SUBJECTS = {
  read: [
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
  ],
  write: [
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
  ],
  "admin:read": [
    "accounts",
    "reports",
    "domain_allows",
    "domain_blocks",
    "ip_blocks",
    "email_domain_blocks",
    "canonical_email_blocks",
  ],
  "admin:write": [
    "accounts",
    "reports",
    "domain_allows",
    "domain_blocks",
    "ip_blocks",
    "email_domain_blocks",
    "canonical_email_blocks",
  ],
} as const;

/** Every scope that can be asked for. Those for operators may be asked for (apps do) and open nothing here. */
export const SCOPES: readonly string[] = [
  "profile",
  "follow",
  "push",
  ...Object.entries(SUBJECTS).flatMap(([verb, subjects]) => [
    verb,
    ...subjects.map((subject) => `${verb}:${subject}`),
  ]),
];

const KNOWN = new Set(SCOPES);

/** The old name for the relationships to others, still asked for by almost every app. */
const FOLLOW = ["read:blocks", "write:blocks", "read:follows", "write:follows", "read:mutes", "write:mutes"];

/** Reads `read write:statuses`; doubled ones once, in their order. `undefined` where one of them does not exist. */
export function parseScopes(text: string): string[] | undefined {
  const scopes = [...new Set(text.split(/[\s+,]+/).filter((scope) => scope !== ""))];
  return scopes.every((scope) => KNOWN.has(scope)) ? scopes : undefined;
}

/** Does holding `held` cover `wanted`? `read` covers `read:statuses`, `follow` covers `write:follows`. */
export function covers(held: readonly string[], wanted: string): boolean {
  if (held.includes(wanted)) return true;
  if (held.includes("follow") && FOLLOW.includes(wanted)) return true;
  const above = wanted.lastIndexOf(":");
  return above !== -1 && covers(held, wanted.slice(0, above));
}

/** Are all of `wanted` covered? */
export function coversAll(held: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => covers(held, scope));
}
