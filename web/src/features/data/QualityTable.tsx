import { DataTable } from "../../sdk/DataTable";
import { cell } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { ResultView } from "../../sdk/ResultView";
import { Empty } from "../../sdk/States";
import type { DatasetDetail, QualityCheck } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

export function QualityTable({ quality }: { quality: DatasetDetail["quality"] }) {
  const t = useT();
  const palette = usePalette();
  if (!quality || (Array.isArray(quality) && quality.length === 0) || Object.keys(quality).length === 0) {
    return <Empty title={t("data.noQuality")} />;
  }
  if (!Array.isArray(quality)) return <ResultView result={quality} name="quality" />;
  const passed = (q: QualityCheck) => q.ok ?? (q.failed !== undefined ? q.failed === 0 : undefined);
  return (
    <DataTable
      label={t("data.tabQuality")}
      rows={quality}
      rowKey={(q, at) => `${text(q.rule ?? q.name)}-${at}`}
      columns={[
        { key: "rule", title: t("data.rule"), value: (q) => text(q.rule ?? q.name) },
        {
          key: "ok",
          title: t("common.state"),
          value: (q) => passed(q) ?? null,
          render: (q) => {
            const ok = passed(q);
            if (ok === undefined) return "—";
            return <Badge colour={ok ? palette.ok : palette.gap}>{ok ? t("firms.passed") : t("firms.failed")}</Badge>;
          },
        },
        { key: "share", title: t("firms.share"), kind: "percent", value: (q) => q.share ?? null },
        { key: "detail", title: t("data.description"), value: (q) => (q.detail ? text(q.detail) : q.failed !== undefined ? cell(q.failed) : null) },
      ]}
    />
  );
}
