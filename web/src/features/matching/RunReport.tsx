// What one run read and found, and what decisions say about its thresholds.
import { Alert } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { number, seconds } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer } from "../../sdk/States";
import type { MatchEstimate, MatchRunDetail } from "../../sdk/types";
import { precision } from "./estimate";

type Report = NonNullable<MatchRunDetail["report"]>;
type Input = Report["steps"][number]["left"];
type Band = MatchEstimate["bands"][number];

export function RunReport({ id }: { id: string }) {
  const t = useT();
  const run = useAsk(["matching", "run", id], () => api.matchRun(id));
  return (
    <Answer query={run} rows={6}>
      {(detail) => (
        <Card title={t("matching.report")}>
          {detail.card.failure ? <Alert type="error" showIcon title={text(detail.card.failure.detail)} description={text(detail.card.failure.hint)} /> : null}
          {detail.report ? <Inputs report={detail.report} /> : null}
          {detail.estimate ? <Estimated estimate={detail.estimate} /> : null}
        </Card>
      )}
    </Answer>
  );
}

function Inputs({ report }: { report: Report }) {
  const t = useT();
  const rows = report.steps.flatMap((step, at) => [step.left, step.right].filter((input): input is Input => Boolean(input)).map((input) => ({ ...input, at })));
  const absent = [...new Set(report.steps.flatMap((step) => step.absent))];
  return (
    <>
      <h3>{t("matching.inputs")}</h3>
      <DataTable<Input & { at: number }>
        label={t("matching.inputs")}
        rows={rows}
        rowKey={(input) => `${input.at} ${input.dataset}`}
        columns={[
          {
            key: "dataset",
            title: t("matching.datasets"),
            head: true,
            value: (input) => input.dataset,
            render: (input) => <span className="mono wrap">{input.dataset}{input.whole ? null : `（${t("matching.partRows")}）`}</span>,
          },
          { key: "version", title: t("matching.version"), kind: "count", value: (input) => input.version },
          { key: "rows", title: t("matching.rows"), kind: "count", value: (input) => input.rows },
          { key: "without", title: t("matching.withoutKey"), kind: "count", value: (input) => input.without_key },
          { key: "repeated", title: t("matching.repeated"), kind: "count", value: (input) => input.repeated },
          { key: "columns", title: t("matching.field"), value: (input) => Object.entries(input.columns).map(([field, column]) => `${field}=${column}`).join(" "), minor: true },
        ]}
      />
      <p className="muted">
        {t("matching.compared")} {number(report.steps.reduce((sum, step) => sum + step.compared, 0))} · {seconds(report.seconds)}
        {absent.length > 0 ? ` · ${t("matching.absent", { fields: absent.join("、") })}` : null}
      </p>
    </>
  );
}

function Estimated({ estimate }: { estimate: MatchEstimate }) {
  const t = useT();
  const share = estimate.automatic;
  return (
    <>
      <h3>{t("matching.estimate")}</h3>
      <p>
        <b>{t("matching.precision")} {precision(share.value)}</b>
        {share.low == null ? null : ` · ${t("matching.interval", { low: precision(share.low), high: precision(share.high) })}`}
      </p>
      <p className="muted">{t("matching.looked", { same: share.same, different: share.different, unsure: share.unsure })} · {t("matching.modelSays")} {precision(estimate.model)}</p>
      <p className="muted">{text(estimate.label)}</p>
      <DataTable<Band>
        label={t("matching.bands")}
        rows={estimate.bands}
        rowKey={(band) => band.from}
        columns={[
          { key: "band", title: t("matching.band"), head: true, value: (band) => `${number(band.from, 2)} – ${number(band.to, 2)}` },
          { key: "same", title: t("matching.same"), kind: "count", value: (band) => band.share.same },
          { key: "different", title: t("matching.different"), kind: "count", value: (band) => band.share.different },
          { key: "unsure", title: t("matching.unsure"), kind: "count", value: (band) => band.share.unsure },
          { key: "share", title: t("matching.share"), value: (band) => precision(band.share.value) },
          { key: "interval", title: t("matching.interval95"), value: (band) => (band.share.low == null ? "—" : `${precision(band.share.low)} – ${precision(band.share.high)}`) },
        ]}
      />
    </>
  );
}
