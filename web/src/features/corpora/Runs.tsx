// Runs of a corpus: begin one, watch it, stop it, and read why one failed.
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useRuns } from "../../sdk/runs";
import { Answer, Empty, FailureView, UnderwayView } from "../../sdk/States";
import type { CorpusDetail, CorpusRun } from "../../sdk/types";
import { RunState } from "./RunState";

const PAGE_SIZE = 5;

export function Runs({ corpus }: { corpus: CorpusDetail }) {
  const t = useT();
  const { id } = corpus.card;
  const [page, setPage] = useState(1);
  const { runs, live, start, stop, failure } = useRuns<CorpusRun>("corpora", [id, page], {
    list: () => api.corpusRuns(id, { page, page_size: PAGE_SIZE }),
    start: () => api.startCorpusRun(id),
    stop: api.cancelCorpusRun,
  });
  const button = <Button type="primary" disabled={live !== undefined} loading={start.isPending} onClick={() => start.mutate()}>{t("corpora.start")}</Button>;
  return (
    <Card title={t("corpora.runs")} tools={corpus.own ? button : undefined}>
      {failure ? <FailureView error={failure} /> : null}
      {live ? <UnderwayView progress={{ done: 0, total: 0, stage: live.stage, fraction: live.fraction }} stop={corpus.own ? () => stop.mutate(live.id) : undefined} /> : null}
      <Answer query={runs} rows={3}>
        {(found) => (
          <DataTable<CorpusRun>
            label={t("corpora.runs")}
            file="corpus-runs"
            rows={found.items}
            rowKey={(run) => run.id}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: setPage }}
            empty={<Empty title={t("corpora.noRuns")} hint={t("corpora.noRunsHint")} />}
            columns={[
              { key: "started", title: t("corpora.started"), head: true, value: (run) => run.started_at, render: (run) => instant(run.started_at) },
              { key: "state", title: t("corpora.state"), value: (run) => run.state, render: (run) => <RunState state={run.state} /> },
              { key: "ended", title: t("corpora.ended"), value: (run) => run.ended_at ?? "", render: (run) => instant(run.ended_at), minor: true },
              { key: "actor", title: t("corpora.actor"), value: (run) => run.actor, minor: true },
              {
                key: "failure",
                title: t("corpora.failure"),
                value: (run) => run.failure?.code ?? "",
                render: (run) => (run.failure ? <span className="wrap">{[text(run.failure.detail), text(run.failure.hint)].filter(Boolean).join(" ")}</span> : "—"),
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
