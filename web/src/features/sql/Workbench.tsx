// SQL within what the caller was granted: read only, paged, cancellable, exportable.
import { CaretRightOutlined, DownloadOutlined, StopOutlined } from "@ant-design/icons";
import { Link, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useId, useRef, useState } from "react";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { seconds } from "../../sdk/format";
import { sentences, text, useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { RowTable } from "../../sdk/RowTable";
import { Answer, Empty, FailureView, useFailureWords, Waiting } from "../../sdk/States";
import type { DatasetCard, SqlResult } from "../../sdk/types";
import { sampleQuery } from "../data/DatasetPage";
import { OFFERING } from "../products/names";

const PAGE_SIZE = 100;
const FIRST = "SELECT province, count(*) AS firms\nFROM subject.enterprise\nGROUP BY province\nORDER BY firms DESC";

function queryId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `q-${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
}

export function Workbench() {
  const t = useT();
  const party = useParty();
  const search = useSearch({ from: "/shell/sql" });
  const editorId = useId();
  const editor = useRef<HTMLTextAreaElement>(null);
  const running = useRef<{ id: string; abort: AbortController } | null>(null);
  const [sql, setSql] = useState(search.q ?? FIRST);
  const [asked, setAsked] = useState("");
  const [page, setPage] = useState(1);
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<SqlResult | null>(null);
  const [error, setError] = useState<unknown>(null);

  const run = async (statement: string, next: number) => {
    if (statement.trim() === "") return;
    const mine = { id: queryId(), abort: new AbortController() };
    running.current = mine;
    setBusy(true);
    setError(null);
    try {
      const answer = await api.sql({ sql: statement, page: next, page_size: PAGE_SIZE }, mine.id, mine.abort.signal);
      setResult(answer);
      setAsked(statement);
      setPage(next);
    } catch (cause) {
      if (!(cause instanceof DOMException)) {
        setError(cause);
        setResult(null);
      }
    } finally {
      if (running.current === mine) {
        running.current = null;
        setBusy(false);
      }
    }
  };

  const stop = () => {
    const now = running.current;
    if (!now) return;
    // The node is told as well: closing the connection alone would not free its memory at once.
    void api.cancelSql(now.id).catch(() => undefined);
    now.abort.abort();
    running.current = null;
    setBusy(false);
  };

  const exportAll = async () => {
    try {
      download("query.csv", await api.sqlCsv(asked, queryId()));
    } catch (cause) {
      setError(cause);
    }
  };

  return (
    <PageFrame title={t("sql.title")} question={t("sql.question")}>
      <div className="sql-grid">
        <Tables
          onPick={(name) => {
            setSql(sampleQuery(name));
            editor.current?.focus();
          }}
        />
        <div className="stack" style={{ minWidth: 0 }}>
          <section className="card" aria-label={t("sql.editor")}>
            <label htmlFor={editorId} className="sr">{t("sql.editor")}</label>
            <textarea
              id={editorId}
              ref={editor}
              className="sql-editor"
              spellCheck={false}
              autoCapitalize="off"
              value={sql}
              onChange={(event) => setSql(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                  event.preventDefault();
                  void run(sql, 1);
                }
              }}
            />
            <div style={{ display: "flex", gap: 8, marginTop: 10, alignItems: "center", flexWrap: "wrap" }}>
              {busy ? (
                <Button danger icon={<StopOutlined />} onClick={stop}>{t("sql.stop")}</Button>
              ) : (
                <Button type="primary" icon={<CaretRightOutlined />} onClick={() => void run(sql, 1)}>{t("sql.run")}</Button>
              )}
              {party && OFFERING.includes(party.role) ? (
                <Link to="/products/new" search={{ sql }}><Button tabIndex={-1}>{t("offers.publishFrom")}</Button></Link>
              ) : null}
              <span className="muted">{t("sql.shortcut")}</span>
            </div>
            <p className="muted" style={{ marginTop: 10, fontSize: 12.5 }}>{sentences([t("sql.readOnly"), t("sql.versionHint")])}</p>
          </section>
          <section className="card" aria-label={t("components.result")}>
            {error ? <FailureView error={error} /> : null}
            {busy ? <Waiting rows={6} /> : null}
            {!busy && !error && result === null ? <Empty title={t("sql.empty")} hint={t("sql.emptyHint")} /> : null}
            {!busy && result ? (
              <>
                <div className="card-head">
                  <span className="muted">{t("sql.took", { time: seconds(result.seconds) })}{result.engine === "embedded" ? "" : ` · ${t("sql.engine", { engine: result.engine })}`}</span>
                  <div className="tools">
                    {result.has_more || page > 1 ? (
                      <Button size="small" icon={<DownloadOutlined />} onClick={() => void exportAll()}>{t("sql.exportAll")}</Button>
                    ) : null}
                  </div>
                </div>
                {result.rows.length === 0 ? (
                  <Empty title={t("sql.noRows")} hint={t("sql.noRowsHint")} />
                ) : (
                  <RowTable rows={result} file="query" page={page} pageSize={PAGE_SIZE} hasMore={result.has_more} onPage={(next) => void run(asked, next)} />
                )}
                <ProvenanceFooter inputs={result.inputs} />
              </>
            ) : null}
          </section>
        </div>
      </div>
    </PageFrame>
  );
}

function Tables({ onPick }: { onPick: (name: string) => void }) {
  const t = useT();
  const datasets = useAsk(["datasets", "all"], () => api.datasets({ page: 1, page_size: 500 }));
  return (
    <Card title={t("sql.tables")}>
      <Answer query={datasets}>
        {(page) => (
          <div className="sql-tables" tabIndex={0} role="group" aria-label={t("sql.tables")}>
            {page.items.map((d) => <TableOf key={d.name} card={d} onPick={onPick} />)}
          </div>
        )}
      </Answer>
    </Card>
  );
}

function TableOf({ card, onPick }: { card: DatasetCard; onPick: (name: string) => void }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const detail = useAsk(["dataset", card.name], () => api.dataset(card.name), { enabled: open });
  const words = useFailureWords();
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary title={text(card.title)} className="mono">{card.name}</summary>
      {open ? (
        <>
          <button type="button" className="plain-button" style={{ padding: "2px 0 2px 14px", fontSize: 12.5 }} onClick={() => onPick(card.name)}>
            {t("sql.insert", { name: card.name })}
          </button>
          <ul>
            {detail.data?.columns.map((c) => (
              <li key={c.name}>
                <span className="mono wrap">{c.name}</span>
                <span className="muted">{c.type}</span>
              </li>
            ))}
          </ul>
          {detail.isError ? <p className="muted" role="alert">{words(detail.error)[0]}</p> : detail.isPending ? <p className="muted" role="status" aria-busy="true">{t("common.loading")}</p> : null}
        </>
      ) : null}
    </details>
  );
}
