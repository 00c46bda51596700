// What happens when these firms lose this share of their output.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Link } from "@tanstack/react-router";
import { Button, InputNumber, Select } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import type { ComponentMap, Risk, RiskFirm } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { number, percent } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, Figure } from "../../sdk/Page";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { clean, useComponent, useRun } from "../../sdk/query";
import { FailureView, StoppedView, UnderwayView, Waiting } from "../../sdk/States";
import { usePaused } from "../../shell/SearchBox";

type Params = ComponentMap["chain.risk"]["params"];

interface Shock {
  key: number;
  firm?: string;
  percent: number;
}

export function Scenario({ params, firms, estimated }: { params: Params; firms: RiskFirm[]; estimated: boolean }) {
  const t = useT();
  const [shocks, setShocks] = useState<Shock[]>([{ key: 0, percent: 100 }]);
  const run = useRun((shock: { firm: string; loss: number }[], watch) =>
    api.run("chain.risk", clean({ ...params, network: estimated ? ("estimated" as const) : params.network, shock }), watch),
  );
  const change = (key: number, next: Partial<Shock>) => setShocks((all) => all.map((s) => (s.key === key ? { ...s, ...next } : s)));
  const ready = shocks.flatMap((s) => (s.firm ? [{ firm: s.firm, loss: s.percent / 100 }] : []));
  return (
    <Card title={t("risk.scenario")}>
      <p className="muted" style={{ marginBottom: 12 }}>{t("risk.scenarioHint")}</p>
      {shocks.map((shock) => (
        <div key={shock.key} style={{ display: "flex", gap: 8, marginBottom: 8, flexWrap: "wrap" }}>
          <FirmPicker firms={firms} value={shock.firm} onChange={(firm) => change(shock.key, { firm })} />
          <InputNumber
            aria-label={t("risk.loss")}
            prefix={t("risk.loss")}
            suffix="%"
            min={1}
            max={100}
            value={shock.percent}
            style={{ width: 170 }}
            onChange={(value) => change(shock.key, { percent: value ?? 100 })}
          />
          {shocks.length > 1 ? (
            <Button
              icon={<DeleteOutlined />}
              aria-label={t("risk.removeFirm")}
              onClick={() => setShocks((all) => all.filter((s) => s.key !== shock.key))}
            />
          ) : null}
        </div>
      ))}
      <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
        <Button icon={<PlusOutlined />} onClick={() => setShocks((all) => [...all, { key: Math.max(...all.map((s) => s.key)) + 1, percent: 100 }])}>
          {t("risk.addFirm")}
        </Button>
        <Button type="primary" disabled={ready.length === 0} loading={run.isPending} onClick={() => run.mutate(ready)}>
          {t("risk.runScenario")}
        </Button>
      </div>
      {run.underway ? <UnderwayView progress={run.underway} stop={run.stop} /> : null}
      {run.isPending ? <Waiting /> : null}
      {run.stopped ? <StoppedView /> : null}
      {run.failure ? <div style={{ marginTop: 12 }}><FailureView error={run.failure} /></div> : null}
      {run.data?.result.scenario ? (
        <section style={{ marginTop: 16 }} aria-label={t("risk.scenarioResult")}>
          <h3 style={{ fontSize: 15 }}>{t("risk.scenarioResult")}</h3>
          <Outcome outcome={run.data.result.scenario} />
          <ProvenanceFooter provenance={run.data.provenance} seconds={run.data.seconds} />
        </section>
      ) : null}
    </Card>
  );
}

function FirmPicker({ firms, value, onChange }: { firms: RiskFirm[]; value?: string; onChange: (id: string) => void }) {
  const t = useT();
  const [q, setQ] = useState("");
  const asked = usePaused(q.trim(), 250);
  const hits = useComponent("chain.search", { q: asked, limit: 20 }, { enabled: asked !== "", keep: true });
  const found = asked === "" ? [] : (hits.data?.result.hits ?? []).filter((h) => h.kind === "enterprise").map((h) => ({ value: h.id, label: h.name }));
  const listed = firms.map((f) => ({ value: f.firm, label: f.name ?? f.firm })).filter((o) => o.label.includes(asked));
  const options = [...listed, ...found.filter((o) => !listed.some((l) => l.value === o.value))];
  return (
    <Select
      aria-label={t("risk.firm")}
      showSearch={{ filterOption: false, onSearch: setQ }}
      style={{ flex: "1 1 220px", maxWidth: 420, minWidth: 0 }}
      placeholder={t("risk.firm")}
      value={value}
      options={options}
      onChange={onChange}
    />
  );
}

function Outcome({ outcome }: { outcome: NonNullable<Risk["scenario"]> }) {
  const t = useT();
  const valued = outcome.losses.some((l) => l.loss !== null && l.loss !== undefined);
  return (
    <div className="stack">
      <div className="figures">
        {outcome.esri !== null && outcome.esri !== undefined ? <Figure label={t("risk.total")} value={percent(outcome.esri, 3)} tone="bad" /> : null}
        {outcome.direct !== null && outcome.direct !== undefined ? <Figure label={t("risk.direct")} value={percent(outcome.direct, 3)} /> : null}
        <Figure label={t("risk.iterations")} value={number(outcome.iterations)} unit={t("common.stepsUnit")} />
      </div>
      <DataTable
        label={t("risk.hit")}
        file="scenario"
        rows={outcome.losses}
        rowKey={(l) => l.firm}
        pageSize={10}
        columns={[
          { key: "rank", title: t("risk.rank"), kind: "count", value: (l) => l.rank, width: 64 },
          { key: "firm", title: t("risk.firm"), head: true, value: (l) => l.name, render: (l) => <Link to="/firms/$id" params={{ id: l.firm }}>{l.name}</Link> },
          ...(valued ? [{ key: "loss", title: t("risk.loss"), kind: "percent" as const, value: (l: { loss?: number | null }) => l.loss ?? null }] : []),
        ]}
      />
    </div>
  );
}
