/** What scopes mean to the person who is asked for them. */
const WORDS: Record<string, string> = {
  profile: "See your name and picture, nothing else",
  read: "See everything in your account: posts, timelines, notifications, direct messages, lists",
  write: "Act for you: post, edit, delete, boost, favourite, upload, change your profile",
  follow: "Follow, unfollow, mute and block people for you",
  push: "Send notifications to your device",
};

const SEE: Record<string, string> = {
  accounts: "your account and other people's",
  blocks: "whom you block",
  bookmarks: "your bookmarks",
  collections: "your collections",
  favourites: "your favourites",
  filters: "your filters",
  follows: "whom you follow",
  lists: "your lists",
  mutes: "whom you mute",
  notifications: "your notifications",
  search: "what a search finds for you",
  statuses: "all posts, also those that are only for you",
};

const CHANGE: Record<string, string> = {
  accounts: "Change your profile",
  blocks: "Block people and servers",
  bookmarks: "Bookmark posts",
  collections: "Change your collections",
  conversations: "Mute and delete conversations",
  favourites: "Favourite posts",
  filters: "Change your filters",
  follows: "Follow and unfollow people",
  lists: "Change your lists",
  media: "Upload pictures, films and recordings",
  mutes: "Mute people and conversations",
  notifications: "Clear your notifications",
  reports: "Report people",
  statuses: "Publish, edit and delete posts",
};

/** One sentence a scope, in the order they were asked for; what another one says already is left out. */
export function scopeWords(scopes: readonly string[]): string[] {
  const words = scopes.map((scope) => {
    const [verb = "", subject] = scope.split(":");
    if (scope.startsWith("admin")) return "Run the server (there is nothing here that this opens)";
    if (subject === undefined) return WORDS[scope] ?? scope;
    if (scopes.includes(verb)) return undefined;
    return verb === "read" ? `See ${SEE[subject] ?? subject}` : (CHANGE[subject] ?? scope);
  });
  return [...new Set(words.filter((word) => word !== undefined))];
}
