// From files to what stays: how many were left after each step, and the reasons of those that went.
import { Button } from "antd";
import { DataTable } from "../../sdk/DataTable";
import { EChart } from "../../sdk/EChart";
import { percent } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { Empty } from "../../sdk/States";
import type { CorpusReason, CorpusVersionDetail } from "../../sdk/types";

const STEPS = ["documents", "extracted", "accepted", "unique", "kept"] as const;
type Step = (typeof STEPS)[number];

export function Funnel({ detail, onReason }: { detail: CorpusVersionDetail; onReason: (rule: string) => void }) {
  const t = useT();
  const count = (step: Step) => detail.steps.find((one) => one.name === step)?.count ?? 0;
  const steps = STEPS.map((step, at) => {
    const before = STEPS[at - 1];
    return { step, label: t(`corpora.stepOf.${step}`), count: count(step), gone: before ? count(before) - count(step) : 0 };
  });
  const all = count("documents");
  return (
    <div className="stack">
      <Card title={t("corpora.steps")}>
        <EChart
          label={t("corpora.stepsChart", { all, kept: count("kept") })}
          height={220}
          option={{
            grid: { left: 8, right: 48, top: 8, bottom: 8, containLabel: true },
            xAxis: { type: "value", show: false },
            yAxis: { type: "category", inverse: true, data: steps.map((one) => one.label), axisTick: { show: false }, axisLine: { show: false } },
            series: [{ type: "bar", data: steps.map((one) => one.count), barWidth: "62%", label: { show: true, position: "right" } }],
          }}
        />
        <DataTable
          label={t("corpora.steps")}
          file="corpus-steps"
          rows={steps}
          rowKey={(one) => one.step}
          columns={[
            { key: "step", title: t("corpora.step"), head: true, sortable: false, value: (one) => one.label },
            { key: "left", title: t("corpora.left"), kind: "count", sortable: false, value: (one) => one.count },
            { key: "share", title: t("corpora.share"), sortable: false, value: (one) => (all === 0 ? "—" : percent(one.count / all)) },
            { key: "gone", title: t("corpora.gone"), kind: "count", sortable: false, value: (one) => one.gone },
          ]}
        />
      </Card>
      <Card title={t("corpora.reasons")}>
        <DataTable<CorpusReason>
          label={t("corpora.reasons")}
          file="corpus-reasons"
          rows={detail.reasons}
          rowKey={(reason) => `${reason.step}/${reason.rule}`}
          empty={<Empty title={t("corpora.nothingGone")} />}
          columns={[
            {
              key: "reason",
              title: t("corpora.reasonWhy"),
              head: true,
              value: (reason) => (reason.said ? text(reason.said) : reason.rule),
              render: (reason) => (
                <Button type="link" style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start" }} onClick={() => onReason(reason.rule)}>
                  {reason.said ? text(reason.said) : reason.rule}
                </Button>
              ),
            },
            { key: "rule", title: t("corpora.rule"), value: (reason) => reason.rule, render: (reason) => <span className="mono">{reason.rule}</span>, minor: true },
            { key: "step", title: t("corpora.step"), value: (reason) => t(`corpora.reasonStepOf.${reason.step as "extract" | "quality" | "duplicates"}`) },
            { key: "count", title: t("corpora.documents"), kind: "count", value: (reason) => reason.count },
          ]}
        />
      </Card>
    </div>
  );
}
