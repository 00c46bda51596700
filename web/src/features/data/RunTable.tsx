import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { Empty } from "../../sdk/States";
import type { IngestRun, RunState } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

export function RunTable({ runs, onOpen }: { runs: IngestRun[]; onOpen: (id: string) => void }) {
  const t = useT();
  const palette = usePalette();
  const colour: Record<RunState, string> = {
    succeeded: palette.ok,
    failed: palette.gap,
    cancelled: palette.none,
    running: palette.brand,
    queued: palette.none,
  };
  const name = (state: RunState) => t(`ingest.runState.${state}`);
  return (
    <DataTable
      label={t("ingest.runs")}
      rows={runs}
      rowKey={(r) => r.run_id}
      pageSize={10}
      empty={<Empty title={t("ingest.noRuns")} hint={t("ingest.noRunsHint")} />}
      columns={[
        {
          key: "file",
          title: t("ingest.file"),
          value: (r) => r.file,
          render: (r) => (
            <button type="button" className="plain-button" onClick={() => onOpen(r.run_id)}>
              {r.file.split("/").at(-1)}
            </button>
          ),
        },
        { key: "mapping", title: t("ingest.mapping"), value: (r) => r.mapping },
        { key: "state", title: t("common.state"), value: (r) => name(r.state), render: (r) => <Badge colour={colour[r.state]}>{name(r.state)}</Badge> },
        { key: "landed", title: t("ingest.landed"), kind: "count", value: (r) => r.report?.rows_landed ?? r.rows_landed ?? null },
        { key: "quarantined", title: t("ingest.quarantined"), kind: "count", value: (r) => r.report?.rows_quarantined ?? r.rows_quarantined ?? null },
        { key: "started", title: t("ingest.startedAt"), kind: "instant", value: (r) => r.started_at ?? r.created_at ?? null },
      ]}
    />
  );
}
