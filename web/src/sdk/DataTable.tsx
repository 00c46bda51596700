// One description of columns for three readers: the table, the cards of a phone, and the CSV file.
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Pagination, Table } from "antd";
import { useState, type Key, type ReactNode } from "react";
import { usePhone } from "../shell/preferences";
import { csv, download } from "./csv";
import * as format from "./format";
import { useT } from "./i18n";
import { Empty } from "./States";

export type ColumnKind = "text" | "count" | "decimal" | "index" | "percent" | "money" | "date" | "instant";

export interface Column<R> {
  key: string;
  title: string;
  /** A second line under the title: what the column means. */
  note?: string;
  kind?: ColumnKind;
  /** The plain value: sorted by, exported, and shown unless `render` says otherwise. */
  value: (row: R) => unknown;
  render?: (row: R) => ReactNode;
  width?: number;
  /** The column that heads a card on a phone; the first one otherwise. */
  head?: boolean;
  /** Left out of the cards on a phone. */
  minor?: boolean;
  sortable?: boolean;
}

const missing = (value: unknown) => value === null || value === undefined;
const RIGHT = new Set<ColumnKind>(["count", "decimal", "index", "percent", "money"]);

function shown(kind: ColumnKind | undefined, value: unknown): string {
  const numeric = typeof value === "number" ? value : null;
  switch (kind) {
    case "count":
      return format.number(numeric);
    case "decimal":
      return format.number(numeric, 3);
    case "index":
      return format.index(numeric);
    case "percent":
      return format.percent(numeric);
    case "money":
      return format.money(numeric);
    case "date":
      return format.date(value as string | null);
    case "instant":
      return format.instant(value as string | null);
    default:
      return value === "" ? format.DASH : format.cell(value);
  }
}

function compare(a: unknown, b: unknown): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "zh-CN");
}

export interface Paging {
  page: number;
  pageSize: number;
  total: number;
  onChange: (page: number) => void;
}

export function DataTable<R>({
  rows,
  columns,
  rowKey,
  file,
  paging,
  pageSize = 20,
  empty,
  tools,
  loading,
  label,
  count,
}: {
  rows: R[];
  columns: Column<R>[];
  rowKey: (row: R, at: number) => Key;
  /** Name of the CSV file; no export without it. */
  file?: string;
  /** Paging by the node; without it all rows are here and pages are local. */
  paging?: Paging;
  pageSize?: number;
  /** What stands here without rows: why there are none, and what to do next. */
  empty?: ReactNode;
  tools?: ReactNode;
  loading?: boolean;
  label?: string;
  /** How many there are, in words, when the rows here are only a part. */
  count?: string;
}) {
  const t = useT();
  const phone = usePhone();
  const [local, setLocal] = useState(1);
  if (rows.length === 0 && !loading) return <>{empty ?? <Empty title={t("common.noRecords")} hint={t("common.noRecordsHint")} />}</>;
  const total = paging?.total ?? rows.length;
  // What no row here has would be a column of dashes; the exported file keeps it.
  const filled = columns.filter((c) => c.render || rows.some((row) => !missing(c.value(row))));
  const keys = new Map(rows.map((row, at) => [row, rowKey(row, at)]));
  const keyOf = (row: R) => keys.get(row) ?? "";

  const exportRows = () =>
    download(
      `${file ?? "table"}.csv`,
      csv(
        columns.map((c) => c.title),
        rows.map((row) => columns.map((c) => c.value(row))),
      ),
    );
  const bar = (
    <div className="table-tools">
      <span className="count">{count ?? t("common.total", { n: format.number(total) })}</span>
      {tools}
      {file ? (
        <Button size="small" icon={<DownloadOutlined />} onClick={exportRows}>
          {t("common.export")}
        </Button>
      ) : null}
    </div>
  );
  const content = (column: Column<R>, row: R) =>
    column.render ? column.render(row) : shown(column.kind, column.value(row));

  if (phone) {
    const size = Math.min(pageSize, 20);
    const current = paging ? paging.page : Math.min(local, Math.max(1, Math.ceil(rows.length / size)));
    const visible = paging ? rows : rows.slice((current - 1) * size, current * size);
    const head = columns.find((c) => c.head) ?? columns[0];
    return (
      <div role="group" aria-label={label} aria-busy={loading || undefined}>
        {bar}
        <ul>
          {visible.map((row) => (
            <li className="row-card" key={keyOf(row)}>
              {head ? <div className="head">{content(head, row)}</div> : null}
              <dl>
                {filled
                  .filter((c) => c !== head && !c.minor)
                  .map((c) => (
                    <div key={c.key} style={{ display: "contents" }}>
                      <dt>{c.note || c.title}</dt>
                      <dd>{content(c, row)}</dd>
                    </div>
                  ))}
              </dl>
            </li>
          ))}
        </ul>
        {total > (paging?.pageSize ?? size) ? (
          <div className="pager">
            <Pagination
              simple
              current={current}
              total={total}
              pageSize={paging?.pageSize ?? size}
              showSizeChanger={false}
              onChange={paging ? paging.onChange : setLocal}
            />
          </div>
        ) : null}
      </div>
    );
  }

  return (
    <div>
      {bar}
      <Table<R>
        aria-label={label}
        size="middle"
        rowKey={keyOf}
        dataSource={rows}
        loading={loading}
        scroll={{ x: "max-content" }}
        pagination={
          total > (paging?.pageSize ?? pageSize)
            ? {
                current: paging?.page,
                total,
                pageSize: paging?.pageSize ?? pageSize,
                showSizeChanger: false,
                onChange: paging?.onChange,
                size: "small",
              }
            : false
        }
        columns={filled.map((c) => ({
          key: c.key,
          title: c.note ? <>{c.title}<div className="muted" style={{ fontWeight: 400, fontSize: 12 }}>{c.note}</div></> : c.title,
          width: c.width,
          align: c.kind && RIGHT.has(c.kind) ? ("right" as const) : undefined,
          className: c.kind && RIGHT.has(c.kind) ? "num" : undefined,
          sorter:
            !paging && c.sortable !== false ? (a: R, b: R) => compare(c.value(a), c.value(b)) : undefined,
          render: (_: unknown, row: R) => content(c, row),
        }))}
      />
    </div>
  );
}
