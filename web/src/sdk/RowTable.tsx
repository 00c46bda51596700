// Rows as the node returns them: columns with types, arrays of cells. Used by datasets and by SQL.
import { Button } from "antd";
import { cell, number } from "./format";
import { DataTable } from "./DataTable";
import { useT } from "./i18n";
import type { Cell, Rows } from "./types";

const NUMERIC = new Set(["integer", "number", "decimal"]);
const WIDE = 60;

export function RowTable({
  rows,
  file,
  page,
  pageSize,
  hasMore,
  note,
  titles,
  onPage,
}: {
  rows: Rows;
  file: string;
  page: number;
  pageSize: number;
  hasMore: boolean;
  note?: string;
  /** What a column means, by its name. */
  titles?: Map<string, string>;
  onPage: (page: number) => void;
}) {
  const t = useT();
  const numeric = rows.columns.map((c) => NUMERIC.has(c.type));
  return (
    <>
      <DataTable<Cell[]>
        label={file}
        file={file}
        rows={rows.rows}
        rowKey={(_, at) => `${page}-${at}`}
        pageSize={pageSize}
        count={note ?? t("common.rows", { n: number(rows.rows.length) })}
        columns={rows.columns.map((column, at) => ({
          key: `${column.name}-${at}`,
          title: column.name,
          note: titles?.get(column.name),
          kind: numeric[at] ? ("decimal" as const) : undefined,
          value: (row: Cell[]) => row[at] ?? null,
          render: (row: Cell[]) => show(row[at], numeric[at] ?? false, column.name),
        }))}
      />
      {page > 1 || hasMore ? (
        <div className="pager">
          <Button size="small" disabled={page <= 1} onClick={() => onPage(page - 1)}>{t("common.previous")}</Button>
          <span>{t("sql.page", { page: number(page) })}</span>
          <Button size="small" disabled={!hasMore} onClick={() => onPage(page + 1)}>{t("common.next")}</Button>
        </div>
      ) : null}
    </>
  );
}

/** Codes are names, not quantities: a postal or year column keeps its digits together. */
function show(value: Cell | undefined, numeric: boolean, column: string) {
  if (value === null || value === undefined) return <span className="muted">—</span>;
  if (numeric && typeof value === "number") {
    return /code|year|(^|_)id$|line|version/i.test(column) ? String(value) : number(value, 6);
  }
  const shown = cell(value);
  if (shown.length > WIDE) {
    return <span title={shown} style={{ display: "inline-block", minWidth: 220, maxWidth: 380, whiteSpace: "normal", overflowWrap: "anywhere" }}>{shown.length > 400 ? `${shown.slice(0, 400)}…` : shown}</span>;
  }
  return shown;
}
