import type { Api } from "../api.ts";

/**
 * What a site of one person has none of. Apps ask for it when they start, and take an empty list better than 404: official
 * iOS shows an error for that.
 */
export function absentRoutes(api: Api): void {
  for (const path of [
    "/api/v1/trends",
    "/api/v1/trends/tags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/links",
  ])
    api.get(path, { auth: "none" }, () => []);
  api.get("/api/v1/custom_emojis", { auth: "none" }, () => []);

  api.get("/api/v1/announcements", {}, () => []);
  api.post("/api/v1/announcements/:id/dismiss", { scope: "write:accounts" }, () => ({}));
  api.put("/api/v1/announcements/:id/reactions/:name", { scope: "write:favourites" }, () => ({}));
  api.delete("/api/v1/announcements/:id/reactions/:name", { scope: "write:favourites" }, () => ({}));
}
