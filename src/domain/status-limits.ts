import { DAY, MINUTE } from "../support/clock.ts";
import { URL_CHARACTERS } from "../text/status-length.ts";

/** What a status may hold, as apps are told in `configuration` and as it is checked. */
export const STATUS_LIMITS = {
  /** Of text and content warning together, as `statusLength` counts. */
  characters: 5000,
  urlCharacters: URL_CHARACTERS,
  /** Mastodon shows four of them, Pixelfed up to twenty. */
  attachments: 16,
  pollOptions: 10,
  pollOptionCharacters: 200,
  /** Seconds. */
  pollShortest: (5 * MINUTE) / 1000,
  pollLongest: (180 * DAY) / 1000,
  pins: 5,
  scheduleAhead: 5 * MINUTE,
  scheduleLatest: 5 * 365 * DAY,
  /** Statuses that wait for their time, of one account. */
  scheduled: 300,
} as const;

/** What a file may be. */
export const MEDIA_LIMITS = {
  imageBytes: 16 * 1024 * 1024,
  /** Pixels of a picture as it comes; twice what the phone of most people takes. */
  imagePixels: 33_177_600,
  /** Pixels of a picture as it is kept (3840 × 2160): larger ones are made smaller. */
  keptPixels: 8_294_400,
  /** Frames of an animation times its pixels. */
  animationPixels: 100_000_000,
  videoBytes: 40 * 1024 * 1024,
  videoPixels: 8_294_400,
  videoFrameRate: 120,
  /** Seconds; what is longer takes the machine for too long. */
  videoSeconds: 15 * 60,
  altCharacters: 10_000,
} as const;
