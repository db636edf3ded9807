import type { UploadRow } from "../../database/rows.ts";
import { fileUrl } from "../../domain/media-store.ts";
import { describeUpload, takeUpload, type UploadWords } from "../../domain/take-upload.ts";
import { dropUpload, ownUpload } from "../../domain/uploads.ts";
import type { Api, Context } from "../api.ts";
import { uploadEntity } from "../entities/attachment.ts";
import { unprocessable } from "../errors.ts";
import { readFocus } from "../status-params.ts";

/** Files for statuses. */
export function mediaRoutes(api: Api): void {
  const write = { scope: "write:media" };
  const upload = { ...write, upload: true, budget: "media" } as const;

  // Elk and Tuba upload here only, and wait for no work: it is done before the answer.
  api.post("/api/v1/media", upload, (context) => take(context, true));
  api.post("/api/v2/media", upload, (context) => take(context, false));

  api.get("/api/v1/media/:id", write, async (context) => {
    const { site, account, params, response } = context;
    const row = await ownUpload(site, account, params.requiredId("id"));
    if (row.state === "failed") throw unprocessable(row.error ?? "Error processing the file");
    // Tusky takes nothing but 200 and 206.
    if (row.state === "processing") response.status(206);
    return entityOf(context, row);
  });
  api.put("/api/v1/media/:id", { ...write, upload: true }, async (context) => {
    const { site, account, params } = context;
    return entityOf(context, await describeUpload(site, account, params.requiredId("id"), wordsOf(context)));
  });
  api.delete("/api/v1/media/:id", write, async ({ site, account, params }) =>
    dropUpload(site, account, params.requiredId("id")),
  );
}

async function take(context: Context, wait: boolean): Promise<unknown> {
  const { site, account, files, response } = context;
  const file = files.find((one) => one.field === "file");
  if (file === undefined) throw unprocessable("Validation failed: File can't be blank");
  const row = await takeUpload(site, account, file, wordsOf(context), { wait });
  if (row.state === "failed")
    throw unprocessable(`Validation failed: ${row.error ?? "File could not be read"}`);
  if (row.state === "processing") response.status(202);
  return entityOf(context, row);
}

function wordsOf({ params, files }: Context): UploadWords {
  return {
    alt: params.string("description"),
    focus: readFocus(params.string("focus")),
    thumbnail: files.find((one) => one.field === "thumbnail"),
  };
}

function entityOf({ site }: Context, row: UploadRow): unknown {
  return uploadEntity(row, (file) => fileUrl(site, file));
}
