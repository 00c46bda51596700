// Numbers, money and dates as people here read them.
import { currentLanguage } from "./language";

export const DASH = "—";

/** A count or measure with separators; at most `digits` decimals. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** A share 0..1 as percent. */
export function percent(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  return `${(value * 100).toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits })}%`;
}

/** CNY as 元 / 万元 / 亿元, or as ¥ k / m / bn in English. */
export function money(cny: number | null | undefined): string {
  if (cny === null || cny === undefined || !Number.isFinite(cny)) return DASH;
  const size = Math.abs(cny);
  const shown = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  if (currentLanguage() === "en") {
    if (size >= 1e9) return `¥${shown(cny / 1e9)} bn`;
    if (size >= 1e6) return `¥${shown(cny / 1e6)} m`;
    return `¥${shown(cny)}`;
  }
  if (size >= 1e8) return `${shown(cny / 1e8)} 亿元`;
  if (size >= 1e4) return `${shown(cny / 1e4)} 万元`;
  return `${shown(cny)} 元`;
}

/** A calendar date as ISO `2026-11-21`; anything else as given. */
export function date(value: string | null | undefined): string {
  if (!value) return DASH;
  return /^\d{4}-\d{2}-\d{2}/.test(value) ? value.slice(0, 10) : value;
}

/** An instant in local time, `2026-11-21 09:30`. */
export function instant(value: string | null | undefined): string {
  if (!value) return DASH;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return value;
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Bytes in binary units. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toLocaleString("en-US", { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}

/** A duration in seconds as `12 ms`, `3.4 s` or `2 min 5 s`. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (value < 1) return `${Math.max(1, Math.round(value * 1000))} ms`;
  if (value < 60) return `${value.toFixed(1)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** Four significant digits for indices that span orders of magnitude. */
export function index(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(2);
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}

/** A cell of any table as one line of text. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return DASH;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}
