// Runs of a connector, newest first, with what went wrong and how to mend it.
import { useMutation } from "@tanstack/react-query";
import { Button, Drawer } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { atWork, useWatched } from "../../sdk/runs";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { Connector, ConnectorRun } from "../../sdk/types";
import { RunState } from "./ConnectorsPage";

const PAGE_SIZE = 20;

export function RunHistory({ connector, onClose }: { connector: Connector; onClose: () => void }) {
  const t = useT();
  const [page, setPage] = useState(1);
  const runs = useWatched(["connectors", connector.id, "runs", page], () => api.connectorRuns(connector.id, { page, page_size: PAGE_SIZE }), {
    working: (found) => found.items.some(atWork),
    changes: { queryKey: ["connectors"] },
  });
  const stop = useMutation({ mutationFn: () => api.stopConnector(connector.id), onSuccess: () => runs.refetch() });
  const underway = runs.data?.items.some(atWork) ?? false;
  return (
    <Drawer
      open
      size="large"
      onClose={onClose}
      title={t("connectors.runsOf", { name: connector.name })}
      extra={
        <>
          {underway ? <Button danger loading={stop.isPending} onClick={() => stop.mutate()}>{t("connectors.stop")}</Button> : null}{" "}
          <Button loading={runs.isFetching} onClick={() => void runs.refetch()}>{t("connectors.refresh")}</Button>
        </>
      }
    >
      {stop.isError ? <FailureView error={stop.error} /> : null}
      <Answer query={runs} rows={6}>
        {(found) => (
          <DataTable<ConnectorRun>
            label={t("connectors.runsOf", { name: connector.name })}
            file="connector-runs"
            rows={found.items}
            rowKey={(run) => run.id}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: setPage }}
            empty={<Empty title={t("connectors.noRuns")} hint={t("connectors.noRunsHint")} />}
            columns={[
              { key: "started", title: t("connectors.started"), kind: "instant", head: true, value: (run) => run.started_at },
              { key: "state", title: t("common.state"), value: (run) => run.state, render: (run) => <RunState run={run} /> },
              { key: "rows", title: t("connectors.rows"), kind: "count", value: (run) => run.rows },
              { key: "refused", title: t("connectors.refused"), kind: "count", value: (run) => run.refused },
              { key: "batches", title: t("connectors.batches"), kind: "count", value: (run) => run.batches },
              { key: "attempts", title: t("connectors.attempts"), kind: "count", value: (run) => run.attempts, minor: true },
              {
                key: "failure",
                title: t("connectors.failure"),
                value: (run) => (run.failure ? text(run.failure.detail) : null),
                render: (run) =>
                  run.failure ? (
                    <span style={{ display: "inline-block", minWidth: 200, whiteSpace: "normal" }}>
                      {text(run.failure.detail)}
                      {run.failure.hint ? <div className="muted">{text(run.failure.hint)}</div> : null}
                    </span>
                  ) : (
                    "—"
                  ),
              },
              {
                key: "notices",
                title: t("connectors.notices"),
                value: (run) => (run.notices.length > 0 ? run.notices.map((notice) => text(notice)).join("\n") : null),
                render: (run) => <Notices run={run} />,
              },
            ]}
          />
        )}
      </Answer>
    </Drawer>
  );
}

// How many things the source told; they open.
export function Notices({ run }: { run: ConnectorRun }) {
  const t = useT();
  if (run.notices.length === 0) return "—";
  return (
    <details style={{ minWidth: 200, whiteSpace: "normal" }}>
      <summary>{t("connectors.noticesCount", { count: run.notices.length })}</summary>
      <ul>
        {run.notices.map((notice) => (
          <li key={notice.en}>{text(notice)}</li>
        ))}
      </ul>
    </details>
  );
}
