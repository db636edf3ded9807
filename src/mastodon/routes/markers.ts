import { MARKED, markersOf, moveMarker, type Marked } from "../../domain/markers.ts";
import type { Api } from "../api.ts";
import { markerEntity, type MarkerEntity } from "../entities/marker.ts";
import { unprocessable } from "../errors.ts";

/** How far a person has read, kept for all their apps. */
export function markerRoutes(api: Api): void {
  api.get("/api/v1/markers", { scope: "read:statuses" }, async ({ site, account, params }) => {
    const asked = params.strings("timeline");
    const markers = await markersOf(
      site,
      account,
      MARKED.filter((timeline) => asked.includes(timeline)),
    );
    return Object.fromEntries(
      Object.entries(markers).map(([timeline, row]) => [timeline, markerEntity(row)]),
    );
  });

  api.post("/api/v1/markers", { scope: "write:statuses" }, async ({ site, account, params }) => {
    const moves = MARKED.flatMap((timeline): [Marked, string][] => {
      const id = params.object(timeline)?.string("last_read_id");
      if (id === undefined) return [];
      if (!/^\d{1,19}$/.test(id)) throw unprocessable("Validation failed: Last read id is not an id");
      return [[timeline, id]];
    });
    const moved: Partial<Record<Marked, MarkerEntity>> = {};
    for (const [timeline, id] of moves)
      moved[timeline] = markerEntity(await moveMarker(site, account, timeline, id));
    return moved;
  });
}
