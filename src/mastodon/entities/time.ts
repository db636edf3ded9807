/** `YYYY-MM-DDTHH:MM:SS.mmmZ`: Ice Cubes takes any other spelling for "now", official iOS refuses it. */
export function timeOf(date: Date): string {
  return date.toISOString();
}

/** A day without a time, as `last_status_at` wants it. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** The midnight before: the hour at which somebody joined is nobody's business. */
export function midnightOf(date: Date): string {
  return `${dayOf(date)}T00:00:00.000Z`;
}
