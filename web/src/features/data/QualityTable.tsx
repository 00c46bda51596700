// How complete each column is, and how much of what was read met the rules.
import { DataTable } from "../../sdk/DataTable";
import { number, percent } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Figure, Meter } from "../../sdk/Page";
import { Empty } from "../../sdk/States";
import type { Quality } from "../../sdk/types";

export function QualityTable({ quality }: { quality: Quality | null | undefined }) {
  const t = useT();
  if (!quality) return <Empty title={t("data.noQuality")} />;
  return (
    <div className="stack">
      <div className="figures">
        <Figure label={t("data.validShare")} value={percent(quality.valid_share, 2)} />
        <Figure label={t("data.quarantinedRows")} value={number(quality.quarantined)} unit={t("common.rowsUnit")} tone={quality.quarantined > 0 ? "warn" : undefined} />
        <Figure label={t("common.version")} value={number(quality.version)} />
      </div>
      <DataTable
        label={t("data.tabQuality")}
        file="quality"
        rows={quality.columns}
        rowKey={(c) => c.name}
        pageSize={50}
        columns={[
          { key: "name", title: t("data.column"), value: (c) => c.name, render: (c) => <span className="mono">{c.name}</span> },
          {
            key: "filled",
            title: t("data.filled"),
            kind: "percent",
            value: (c) => c.filled,
            render: (c) => (c.filled === null ? "—" : <Meter value={c.filled} shown={percent(c.filled)} />),
          },
        ]}
      />
    </div>
  );
}
