import assert from "node:assert/strict";
import type { FilterRow, NotificationRow, ScheduledRow, UploadRow } from "../../../src/database/rows.ts";
import { uploadEntity } from "../../../src/mastodon/entities/attachment.ts";
import { filterEntity, v1FilterEntity } from "../../../src/mastodon/entities/filter.ts";
import { groupNotifications, notificationGroupEntity } from "../../../src/mastodon/entities/notification.ts";
import { scheduledStatusEntity } from "../../../src/mastodon/entities/scheduled-status.ts";
import { sourceText } from "../../../src/mastodon/entities/status-source.ts";
import { tagId } from "../../../src/mastodon/entities/tag.ts";
import { dayOf, midnightOf, timeOf } from "../../../src/mastodon/entities/time.ts";
import { readVisibility, visibilityEntity } from "../../../src/mastodon/entities/visibility.ts";

const at = new Date("2026-03-01T23:59:59.007Z");

describe("entities", () => {
  it("write times with milliseconds and Z, days bare", () => {
    assert.equal(timeOf(new Date("2026-03-01T12:00:00Z")), "2026-03-01T12:00:00.000Z");
    assert.equal(dayOf(at), "2026-03-01");
    assert.equal(midnightOf(at), "2026-03-01T00:00:00.000Z");
  });

  it("call what is for followers private, and read it back", () => {
    for (const visibility of ["public", "unlisted", "followers", "direct"] as const)
      assert.equal(readVisibility(visibilityEntity(visibility)), visibility);
    assert.equal(readVisibility("followers"), undefined);
    assert.equal(readVisibility(undefined), undefined);
  });

  it("give each tag an id of its own that stays the same", () => {
    assert.match(tagId("rye"), /^\d{1,15}$/);
    assert.equal(tagId("rye"), tagId("rye"));
    assert.notEqual(tagId("rye"), tagId("wheat"));
  });

  it("show an upload without an address until it is ready, and its two sizes then", () => {
    const row: UploadRow = {
      _id: 7,
      owner: 1,
      type: "image",
      state: "processing",
      mediaType: "image/png",
      createdAt: at,
    };
    const address = (file: string): string => `https://blog.example/media/${file}`;
    assert.equal(uploadEntity(row, address).url, null);
    assert.equal(uploadEntity({ ...row, file: "a.png" }, address).url, null);
    const ready = uploadEntity(
      {
        ...row,
        state: "ready",
        file: "a.png",
        preview: "b.png",
        width: 30,
        height: 20,
        previewWidth: 3,
        previewHeight: 2,
        focus: { x: 0.5, y: -1 },
        alt: "A loaf",
      },
      address,
    );
    assert.equal(ready.url, "https://blog.example/media/a.png");
    assert.equal(ready.preview_url, "https://blog.example/media/b.png");
    assert.equal(ready.description, "A loaf");
    assert.deepEqual(ready.meta, {
      original: { width: 30, height: 20, size: "30x20", aspect: 1.5 },
      small: { width: 3, height: 2, size: "3x2", aspect: 1.5 },
      focus: { x: 0.5, y: -1 },
    });
  });

  it("show a filter whole in its own methods and each keyword as one in the first version", () => {
    const row: FilterRow = {
      _id: 1,
      owner: 2,
      title: "bread",
      context: ["home"],
      action: "blur",
      keywords: [{ id: 3, keyword: "rye", wholeWord: true }],
      statuses: [{ id: 4, status: 5 }],
      createdAt: at,
    };
    assert.deepEqual(filterEntity(row), {
      id: "1",
      title: "bread",
      context: ["home"],
      expires_at: null,
      filter_action: "blur",
      keywords: [{ id: "3", keyword: "rye", whole_word: true }],
      statuses: [{ id: "4", status_id: "5" }],
    });
    const [keyword] = row.keywords;
    assert.ok(keyword);
    assert.deepEqual(v1FilterEntity({ ...row, action: "hide", expiresAt: at }, keyword), {
      id: "3",
      phrase: "rye",
      context: ["home"],
      whole_word: true,
      expires_at: "2026-03-01T23:59:59.007Z",
      irreversible: true,
    });
  });

  it("group notifications of one kind about one thing, but only of the types asked for", () => {
    const row = (_id: number, from: number, group: string): NotificationRow => ({
      _id,
      owner: 1,
      type: "favourite",
      from,
      post: 9,
      group,
      key: String(_id),
      createdAt: at,
    });
    const rows = [row(5, 10, "a"), row(4, 11, "b"), row(3, 12, "a"), row(2, 10, "a")];
    const [first, second] = groupNotifications(rows).map(notificationGroupEntity);
    assert.deepEqual(first, {
      group_key: "a",
      notifications_count: 3,
      type: "favourite",
      most_recent_notification_id: 5,
      page_min_id: "2",
      page_max_id: "5",
      latest_page_notification_at: timeOf(at),
      sample_account_ids: ["10", "12"],
      status_id: "9",
    });
    assert.equal(second?.group_key, "b");
    assert.deepEqual(
      groupNotifications(rows, ["reblog"]).map((group) => group.key),
      ["ungrouped-5", "ungrouped-4", "ungrouped-3", "ungrouped-2"],
    );
    const many = Array.from({ length: 30 }, (_, from) => row(100 - from, from, "c"));
    const [crowd] = groupNotifications(many).map(notificationGroupEntity);
    assert.equal(crowd?.sample_account_ids.length, 8);
  });

  it("give back what was typed: Markdown as it is, HTML as text", () => {
    assert.equal(
      sourceText({ content: "<p>x</p>", source: { text: "*x*", mediaType: "text/markdown" } }),
      "*x*",
    );
    assert.equal(
      sourceText({ content: "", source: { text: "<p>a</p><p>b</p>", mediaType: "text/html" } }),
      "a\n\nb",
    );
    assert.equal(sourceText({ content: "<p>only this</p>" }), "only this");
  });

  it("show a scheduled status under the names that apps read back", () => {
    const row: ScheduledRow = {
      _id: 1,
      owner: 2,
      params: { status: "later", spoiler_text: "" },
      media: [3],
      at,
      nextAt: at,
    };
    const entity = scheduledStatusEntity(row, []);
    assert.equal(entity.params["text"], "later");
    assert.equal(entity.params["visibility"], "public");
    assert.deepEqual(entity.params["media_ids"], ["3"]);
    assert.equal(entity.scheduled_at, "2026-03-01T23:59:59.007Z");
  });
});
