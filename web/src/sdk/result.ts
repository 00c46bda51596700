// What is inside a component's result: tables to list, a graph to draw, single values to state.

export interface FoundTable {
  path: string;
  rows: Record<string, unknown>[];
  columns: string[];
}

export interface FoundGraph {
  nodes: Record<string, unknown>[];
  links: { from: string; to: string }[];
}

export interface Found {
  tables: FoundTable[];
  values: [string, unknown][];
  graph: FoundGraph | null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: Record<string, unknown>): boolean {
  const keys = Object.keys(value);
  return keys.length === 2 && "zh" in value && "en" in value;
}

/** Columns in the order they first appear. */
export function columnsOf(rows: Record<string, unknown>[]): string[] {
  const seen = new Set<string>();
  for (const row of rows.slice(0, 200)) for (const key of Object.keys(row)) seen.add(key);
  return [...seen];
}

/** Looks two levels deep: deeper structures stay in the JSON view. */
export function examine(result: unknown): Found {
  const found: Found = { tables: [], values: [], graph: null };
  walk(result, "", found, 0);
  const nodes = found.tables.find((table) => table.path.endsWith("nodes"));
  const links = found.tables.find((table) => table.path.endsWith("links"));
  if (nodes && links && nodes.columns.includes("id") && links.columns.includes("from") && links.columns.includes("to")) {
    found.graph = {
      nodes: nodes.rows,
      links: links.rows.map((link) => ({ from: String(link.from), to: String(link.to) })),
    };
  }
  return found;
}

function walk(value: unknown, path: string, found: Found, depth: number): void {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRecord)) {
      found.tables.push({ path, rows: value, columns: columnsOf(value) });
    } else if (value.length > 0 && value.every((item) => !isRecord(item) && !Array.isArray(item))) {
      found.tables.push({ path, rows: value.map((item) => ({ value: item })), columns: ["value"] });
    }
    return;
  }
  if (isRecord(value) && !isText(value)) {
    if (depth > 2) return;
    for (const [key, inner] of Object.entries(value)) {
      walk(inner, path === "" ? key : `${path}.${key}`, found, depth + 1);
    }
    return;
  }
  if (path !== "" && value !== undefined) found.values.push([path, value]);
}
