// Tables leave as CSV that opens in Excel and WPS with Chinese intact.

/** One field, quoted when needed; a leading formula sign is defused so that a spreadsheet never executes data. */
export function field(value: unknown): string {
  if (value === null || value === undefined) return "";
  let shown = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(shown)) shown = `'${shown}`;
  return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/** RFC 4180 text of a header and rows, with a byte order mark. */
export function csv(header: string[], rows: unknown[][]): string {
  return `\uFEFF${[header, ...rows].map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

export function download(name: string, content: Blob | string, type = "text/csv;charset=utf-8"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
