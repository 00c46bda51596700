// A file becomes a version of a dataset: choose a mapping, upload, watch, read the report.
import { InboxOutlined } from "@ant-design/icons";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Progress, Select } from "antd";
import { useEffect, useId, useRef, useState } from "react";
import { api } from "../../sdk/api";
import { bytes, number, seconds } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { atWork, useWatched } from "../../sdk/runs";
import { Answer, FailureView, UnderwayView } from "../../sdk/States";
import type { IngestReport } from "../../sdk/types";
import { RunTable } from "./RunTable";

export function Ingest() {
  const t = useT();
  const { run } = useSearch({ from: "/shell/data/ingest" });
  const navigate = useNavigate({ from: "/data/ingest" });
  const show = (id: string | undefined) => void navigate({ search: { run: id } });
  return (
    <PageFrame title={t("ingest.title")} question={t("ingest.question")} crumb={<Link to="/data">{t("data.title")}</Link>}>
      <div className="stack">
        {run ? <RunView id={run} onAnother={() => show(undefined)} /> : <Upload onStarted={show} />}
        <Runs onOpen={show} />
      </div>
    </PageFrame>
  );
}

function Upload({ onStarted }: { onStarted: (id: string) => void }) {
  const t = useT();
  const [mappingId, fileId] = [useId(), useId()];
  const mappings = useAsk(["mappings"], api.mappings);
  const [mapping, setMapping] = useState<string>();
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const chosen = mappings.data?.items.find((m) => m.name === mapping);

  const start = async () => {
    if (!mapping || !file) return;
    setError(null);
    setSent(0);
    abort.current = new AbortController();
    try {
      const { run_id } = await api.upload(mapping, file, (done, total) => setSent(total > 0 ? done / total : 0), abort.current.signal);
      await client.invalidateQueries({ queryKey: ["runs"] });
      onStarted(run_id);
    } catch (cause) {
      if (!(cause instanceof DOMException)) setError(cause);
    } finally {
      setSent(null);
    }
  };

  return (
    <Card title={t("ingest.step1")}>
      {mappings.isError ? <FailureView error={mappings.error} retry={() => void mappings.refetch()} /> : null}
      <div className="filter" style={{ maxWidth: 460, marginBottom: 16 }}>
        <label htmlFor={mappingId}>{t("ingest.mapping")}</label>
        <Select
          id={mappingId}
          loading={mappings.isPending}
          placeholder={t("common.choose")}
          value={mapping}
          onChange={setMapping}
          options={mappings.data?.items.map((m) => ({ value: m.name, label: m.title ? `${text(m.title)}（${m.name}）` : m.name }))}
        />
        <span className="muted">{chosen?.description ? text(chosen.description) : t("ingest.mappingHint")}</span>
      </div>
      <h3 style={{ fontSize: 15, marginBottom: 8 }}>{t("ingest.step2")}</h3>
      <label
        className={`dropzone${over ? " over" : ""}`}
        htmlFor={fileId}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          setFile(event.dataTransfer.files[0] ?? null);
        }}
      >
        <InboxOutlined style={{ fontSize: 30, color: "var(--brand)" }} aria-hidden="true" />
        <div>{file ? <b>{file.name} · {bytes(file.size)}</b> : t("ingest.drop")}</div>
        <div className="muted" style={{ fontSize: 12.5 }}>{t("ingest.formats")}</div>
        <input id={fileId} className="sr" type="file" aria-label={t("ingest.file")} onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
      </label>
      {error ? <div style={{ marginTop: 12 }}><FailureView error={error} /></div> : null}
      <div style={{ marginTop: 16, display: "flex", gap: 12, alignItems: "center", flexWrap: "wrap" }}>
        {sent === null ? (
          <Button type="primary" disabled={!mapping || !file} onClick={() => void start()}>{t("ingest.start")}</Button>
        ) : (
          <>
            <span>{t("ingest.uploading")}</span>
            <Progress percent={Math.round(sent * 100)} style={{ flex: "1 1 200px", maxWidth: 420 }} aria-label={t("ingest.uploading")} />
            <Button onClick={() => abort.current?.abort()}>{t("ingest.cancel")}</Button>
          </>
        )}
      </div>
    </Card>
  );
}

function RunView({ id, onAnother }: { id: string; onAnother: () => void }) {
  const t = useT();
  const run = useWatched(["ingest-run", id], () => api.ingestRun(id), {
    working: atWork,
    // New rows are seen on nearly every page.
    changes: { predicate: ({ queryKey: [what] }) => what !== "ingest-run" && what !== "session" },
    begun: true,
  });
  const finished = run.data !== undefined && !atWork(run.data);
  return (
    <Card
      title={finished ? t("ingest.report") : t("ingest.processing")}
      tools={finished ? <Button onClick={onAnother}>{t("ingest.another")}</Button> : null}
    >
      <Answer query={run}>
        {(data) => {
          if (!finished) {
            const stop = () => void api.cancelIngest(id).then(() => run.refetch());
            return <UnderwayView progress={data.progress ?? { done: 0, total: 0 }} stop={stop} />;
          }
          if (data.report) return <Report report={data.report} />;
          return (
            <Alert
              type={data.state === "cancelled" ? "info" : "error"}
              showIcon
              title={data.failure?.detail ? text(data.failure.detail) : t(`ingest.runState.${data.state}`)}
              description={data.failure ? [text(data.failure.hint), data.failure.code].filter(Boolean).join(" · ") : undefined}
            />
          );
        }}
      </Answer>
    </Card>
  );
}

function Report({ report }: { report: IngestReport }) {
  const t = useT();
  return (
    <div className="stack">
      {report.unchanged ? <Alert type="info" showIcon title={t("ingest.unchanged")} /> : null}
      <div className="figures">
        <Figure label={t("ingest.read")} value={number(report.rows_read)} unit={t("common.rowsUnit")} note={report.file.split("/").at(-1)} />
        <Figure label={t("ingest.landed")} value={number(report.rows_landed)} unit={t("common.rowsUnit")} tone="good" />
        <Figure label={t("ingest.quarantined")} value={number(report.rows_quarantined)} unit={t("common.rowsUnit")} tone={report.rows_quarantined > 0 ? "warn" : undefined} />
        {report.firms_with_product !== null && report.firms_with_product !== undefined ? (
          <Figure label={t("ingest.firmsWithProduct")} value={number(report.firms_with_product)} unit={t("common.firmsUnit")} />
        ) : null}
        {report.firms_with_industry !== null && report.firms_with_industry !== undefined ? (
          <Figure label={t("ingest.firmsWithIndustry")} value={number(report.firms_with_industry)} unit={t("common.firmsUnit")} />
        ) : null}
        <Figure
          label={t("provenance.took")}
          value={seconds(report.seconds)}
          note={report.peak_memory_mb ? `${t("ingest.memory")} ${number(report.peak_memory_mb)} MB` : undefined}
        />
      </div>
      <p style={{ display: "flex", gap: 20, flexWrap: "wrap" }}>
        <Link to="/data/$name" params={{ name: report.dataset }}>{t("ingest.openDataset")}</Link>
        {(report.tables ?? [])
          .filter((table) => table.rows_quarantined > 0)
          .map((table) => (
            <Link key={table.quarantine} to="/data/$name" params={{ name: table.quarantine }} data-testid="quarantine">
              {t("ingest.openQuarantine")} {table.quarantine}
            </Link>
          ))}
      </p>
    </div>
  );
}

function Runs({ onOpen }: { onOpen: (id: string) => void }) {
  const t = useT();
  const runs = useAsk(["runs"], api.ingestRuns);
  return (
    <Card title={t("ingest.runs")}>
      <Answer query={runs}>{(page) => <RunTable runs={page.items} onOpen={onOpen} />}</Answer>
    </Card>
  );
}
