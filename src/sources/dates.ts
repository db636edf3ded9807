/** `2026-03-01`, `2026-03-01 12:00`, `2026-03-01T12:00:00.123Z`, `… +0200`: ISO 8601 and what Jekyll makes of it. */
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:(?:T|t| +)(\d{1,2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$/i;
/** `Sun, 01 Mar 2026 12:00:00 +0100`: RFC 822 as RSS uses it, with names or offsets of zones. */
const RFC_822 =
  /^(?:[a-z]{3,9},?\s+)?(\d{1,2})\s+([a-z]{3,9})\s+(\d{4}|\d{2})\s+(\d{1,2}:\d{2}(?::\d{2})?)\s*([a-z]{1,5}|[+-]\d{2}:?\d{2})?$/i;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
/** RFC 822 names only these; others (CET, IST) mean several things. */
const ZONES: Record<string, string> = {
  Z: "Z",
  UT: "Z",
  UTC: "Z",
  GMT: "Z",
  EST: "-05:00",
  EDT: "-04:00",
  CST: "-06:00",
  CDT: "-05:00",
  MST: "-07:00",
  MDT: "-06:00",
  PST: "-08:00",
  PDT: "-07:00",
};

/**
 * Reads the date forms of feeds and front matter, and nothing else: `new Date` makes a year of any number. A time without
 * a zone is UTC, so that it does not depend on the machine. `undefined` for what is no date, or no day of the calendar.
 */
export function readDate(text: string): Date | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 64) return undefined;
  const iso = ISO.exec(trimmed);
  if (iso) return build(iso[1] ?? "", iso[2] ?? "00:00", (iso[3] ?? "").replace(",", "."), iso[4]);
  const rfc = RFC_822.exec(trimmed);
  if (!rfc) return undefined;
  const month = MONTHS.indexOf((rfc[2] ?? "").slice(0, 3).toLowerCase()) + 1;
  const day = `${fullYear(rfc[3] ?? "")}-${two(month)}-${two(Number(rfc[1]))}`;
  return month === 0 ? undefined : build(day, rfc[4] ?? "", "", rfc[5]);
}

function build(day: string, time: string, seconds: string, zone: string | undefined): Date | undefined {
  const offset = zoneOffset(zone);
  if (offset === undefined) return undefined;
  const hours = time.replace(/^(\d):/, "0$1:");
  const date = new Date(`${day}T${hours}${seconds}${offset}`);
  const exists = !Number.isNaN(date.getTime()) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  return exists ? date : undefined;
}

function zoneOffset(zone: string | undefined): string | undefined {
  if (zone === undefined) return "Z";
  if (/^[+-]/.test(zone)) return `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  return ZONES[zone.toUpperCase()];
}

/** RFC 822 has two digits; those of RFC 2822 are read as there: below 50 is this century. */
function fullYear(year: string): string {
  if (year.length === 4) return year;
  return `${Number(year) < 50 ? "20" : "19"}${year}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
