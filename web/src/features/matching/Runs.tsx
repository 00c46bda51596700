// Runs of a set: begin one, watch it, stop it, and read what it found.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useRuns } from "../../sdk/runs";
import { Answer, Empty, FailureView, UnderwayView } from "../../sdk/States";
import type { MatchRun } from "../../sdk/types";
import { RunReport } from "./RunReport";
import { RunState } from "./RunState";

const PAGE_SIZE = 20;

export function Runs({ set }: { set: string }) {
  const t = useT();
  const search = useSearch({ from: "/shell/matching/$id" });
  const navigate = useNavigate({ from: "/matching/$id" });
  const page = search.page ?? 1;
  const { runs, live, start, stop, failure } = useRuns<MatchRun>("matching", [set, page], {
    list: () => api.matchRuns(set, { page, page_size: PAGE_SIZE }),
    start: () => api.startMatchRun(set),
    stop: api.cancelMatchRun,
  });
  return (
    <div className="stack">
      <Card
        title={t("matching.runs")}
        tools={<Button type="primary" disabled={live !== undefined} loading={start.isPending} onClick={() => start.mutate()}>{t("matching.start")}</Button>}
      >
        {failure ? <FailureView error={failure} /> : null}
        {live ? <UnderwayView progress={{ done: 0, total: 0, stage: live.stage, fraction: live.fraction }} stop={() => stop.mutate(live.id)} /> : null}
        <Answer query={runs} rows={4}>
          {(found) => (
            <DataTable<MatchRun>
              label={t("matching.runs")}
              file="match-runs"
              rows={found.items}
              rowKey={(run) => run.id}
              paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
              empty={<Empty title={t("matching.noRuns")} hint={t("matching.noRunsHint")} />}
              columns={[
                {
                  key: "started",
                  title: t("matching.started"),
                  head: true,
                  value: (run) => run.started_at,
                  render: (run) => (
                    <Button type="link" style={{ padding: 0 }} aria-label={t("matching.openRun", { at: instant(run.started_at) })} onClick={() => void navigate({ search: (s) => ({ ...s, run: run.id }) })}>
                      {instant(run.started_at)}
                    </Button>
                  ),
                },
                { key: "state", title: t("matching.state"), value: (run) => run.state, render: (run) => <RunState state={run.state} /> },
                { key: "records", title: t("matching.records"), kind: "count", value: (run) => run.records },
                { key: "automatic", title: t("matching.automatic"), kind: "count", value: (run) => run.automatic },
                { key: "review", title: t("matching.review"), kind: "count", value: (run) => run.review },
                { key: "kept", title: t("matching.kept"), kind: "count", value: (run) => run.kept, minor: true },
                { key: "asked", title: t("matching.askedAgain"), kind: "count", value: (run) => run.asked_again, minor: true },
                { key: "clusters", title: t("matching.changedClusters"), kind: "count", value: (run) => run.clusters },
                { key: "actor", title: t("matching.actor"), value: (run) => run.actor, minor: true },
              ]}
            />
          )}
        </Answer>
      </Card>
      {search.run ? <RunReport id={search.run} /> : null}
    </div>
  );
}
