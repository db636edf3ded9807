import { postById } from "../../domain/find-post.ts";
import type { Api } from "../api.ts";
import { notFound } from "../errors.ts";
import { loadStatus } from "../load/statuses.ts";

/** Reading polls; a poll has the id of its status. */
export function pollReadRoutes(api: Api): void {
  api.get(
    "/api/v1/polls/:id",
    { scope: "read:statuses", auth: "optional" },
    async ({ site, params, viewer }) => {
      const post = await postById(site, params.requiredId("id"));
      const status = post?.poll === undefined ? undefined : await loadStatus(site, viewer, post);
      if (status?.poll === undefined || status.poll === null) throw notFound();
      return status.poll;
    },
  );
}
