// Tables leave as CSV that opens in Excel and WPS with Chinese intact.

// The node writes CSV too; `crates/kernel/src/csv_cells.json` holds both writers to the same cells.
const FORMULA = /^[=+\-@＝＋－＠\t\r\n\0]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** The text of a cell: what a spreadsheet would run as a formula is defused, numbers stay numbers. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** One field, quoted where any spreadsheet would end the cell, also one that separates by semicolon or tab. */
export function field(value: unknown): string {
  const shown = cellText(value);
  return /[",;\t\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
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
