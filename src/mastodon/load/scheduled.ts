import type { ScheduledRow, UploadRow } from "../../database/rows.ts";
import { fileUrl } from "../../domain/media-store.ts";
import { inNamedOrder } from "../../domain/status-input.ts";
import type { Site } from "../../site.ts";
import { uploadEntity } from "../entities/attachment.ts";
import { scheduledStatusEntity, type ScheduledStatusEntity } from "../entities/scheduled-status.ts";

/** Statuses that wait for their time, with their files. One query, however many. */
export async function loadScheduledList(
  site: Site,
  rows: readonly ScheduledRow[],
): Promise<ScheduledStatusEntity[]> {
  const ids = rows.flatMap((row) => row.media);
  const uploads =
    ids.length === 0 ? [] : await site.models.uploads.find({ _id: { $in: ids } }).lean<UploadRow[]>();
  return rows.map((row) =>
    scheduledStatusEntity(
      row,
      inNamedOrder(row.media, uploads).map((upload) => uploadEntity(upload, (file) => fileUrl(site, file))),
    ),
  );
}

/** One of them. */
export async function loadScheduled(site: Site, row: ScheduledRow): Promise<ScheduledStatusEntity> {
  const [entity] = await loadScheduledList(site, [row]);
  if (entity === undefined) throw new Error("one row makes one entity");
  return entity;
}
