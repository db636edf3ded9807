import type { JsonObject } from "./parse-json.ts";
import type { PollView } from "./views.ts";

/** What makes a Question of a Note: the options with their counts, and when it ends (FEP-9967, Mastodon's `votersCount`). */
export function composePoll(poll: PollView): JsonObject {
  const hasEnded = poll.endToldAt !== undefined;
  const options = poll.options.map(({ title, votes }) => ({
    type: "Note",
    name: title,
    replies: {
      type: "Collection",
      // Whoever hides the counts until the end hides them from every server.
      ...(poll.hideTotals === true && !hasEnded ? {} : { totalItems: votes }),
    },
  }));
  return {
    [poll.multiple ? "anyOf" : "oneOf"]: options,
    ...(poll.endsAt === undefined ? {} : { endTime: poll.endsAt.toISOString() }),
    ...(hasEnded && poll.endsAt !== undefined ? { closed: poll.endsAt.toISOString() } : {}),
    votersCount: poll.voters ?? 0,
  };
}
