import type { ScheduledRow } from "../../database/rows.ts";
import type { MediaAttachmentEntity } from "./attachment.ts";
import { timeOf } from "./time.ts";

export interface ScheduledStatusEntity {
  id: string;
  scheduled_at: string;
  params: Record<string, unknown>;
  media_attachments: MediaAttachmentEntity[];
}

/** A status that waits for its time. `params` is what the app sent, under the names that apps read back. */
export function scheduledStatusEntity(
  row: ScheduledRow,
  media: MediaAttachmentEntity[],
): ScheduledStatusEntity {
  const { status, text, visibility, ...others } = row.params;
  return {
    id: String(row._id),
    scheduled_at: timeOf(row.at),
    params: {
      ...others,
      text: text ?? status ?? "",
      visibility: visibility ?? "public",
      media_ids: row.media.length === 0 ? null : row.media.map(String),
      scheduled_at: null,
      application_id: 0,
      with_rate_limit: false,
    },
    media_attachments: media,
  };
}
