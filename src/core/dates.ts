import type { Instant } from './token.ts';

/**
 * One way to write dates, for form, tree and panels: YYYY-MM-DD everywhere, times in the user's own 12- or
 * 24-hour habit. `locale` decides the habit; `timeZone` is the machine's unless a test says otherwise.
 */
export interface DateWriter {
  /** `2026-12-08` */
  date(at: Instant): string;
  /** `2026-12-08 14:05`, or `2026-12-08 2:05 PM` */
  dateTime(at: Instant): string;
  /** `2026-12-08 14:05 (Europe/Berlin)`: leaves no doubt */
  exact(at: Instant): string;
}

export function dateWriter(locale: string | undefined, timeZone?: string): DateWriter {
  const zone = timeZone === undefined ? {} : { timeZone };
  // sv-SE writes ISO dates; its calendar and digits are fixed by the locale's own data.
  const day = new Intl.DateTimeFormat('sv-SE', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    ...zone,
  });
  const is24Hours = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12 === false;
  const hour = is24Hours ? '2-digit' : 'numeric';
  const time = new Intl.DateTimeFormat(locale, { hour, minute: '2-digit', ...zone });
  const zoneName = new Intl.DateTimeFormat('en', zone).resolvedOptions().timeZone;
  const date = (at: Instant) => day.format(at);
  const dateTime = (at: Instant) => `${date(at)} ${time.format(at).replace(/[\u202f\u00a0]/g, ' ')}`;
  return { date, dateTime, exact: (at) => `${dateTime(at)} (${zoneName})` };
}

/** A span in its largest fitting unit, to the nearest: 36 hours stay hours, 13 days and 23 hours are 14 days. */
export function spanOf(milliseconds: number): {
  readonly count: number;
  readonly unit: 'minute' | 'hour' | 'day';
} {
  const minutes = Math.round(Math.abs(milliseconds) / 60_000);
  if (minutes < 60) return { count: minutes, unit: 'minute' };
  const hours = Math.round(minutes / 60);
  return hours < 48 ? { count: hours, unit: 'hour' } : { count: Math.round(minutes / 1440), unit: 'day' };
}

/** Reads `YYYY-MM-DD` as that local day at the time of day of `like`; `undefined` when it is no real day. */
export function parseDay(text: string, like: Instant): Instant | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(like);
  date.setFullYear(year, month - 1, day);
  return date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day
    ? date.getTime()
    : undefined;
}
