import { postById } from "../../domain/find-post.ts";
import { vote } from "../../domain/polls.ts";
import type { Api } from "../api.ts";
import { notFound, unprocessable } from "../errors.ts";
import { loadStatus } from "../load/statuses.ts";

/** Choices that are looked at: more than any poll has options. */
const CHOICES = 500;

/** Voting; a poll has the id of its status. */
export function pollWriteRoutes(api: Api): void {
  api.post("/api/v1/polls/:id/votes", { scope: "write:statuses" }, async (context) => {
    const { site, account, params, viewer } = context;
    const post = await postById(site, params.requiredId("id"));
    if (post === null) throw notFound();
    const choices = params.strings("choices").slice(0, CHOICES);
    if (!choices.every((choice) => /^\d{1,3}$/.test(choice)))
      throw unprocessable("Validation failed: The chosen vote option does not exist");
    const voted = await vote(site, account, post, choices.map(Number));
    const status = await loadStatus(site, viewer, voted);
    if (status?.poll === undefined || status.poll === null) throw notFound();
    return status.poll;
  });
}
