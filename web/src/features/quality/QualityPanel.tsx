// The quality of one dataset: score and what it is made of, how it moved, each rule with what was found.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Collapse } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { EChart } from "../../sdk/EChart";
import { instant, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Figure, Meter } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { DatasetDetail, QualityCard } from "../../sdk/types";
import { QualityTable } from "../data/QualityTable";
import { ProfileView } from "./ProfileView";
import { Proposals } from "./Proposals";
import { RulesEditor } from "./RulesEditor";
import { RuleTable } from "./RuleTable";
import { TicketTable } from "./TicketTable";

export function QualityPanel({ detail, name }: { detail: DatasetDetail; name: string }) {
  const found = useAsk(["quality", name], () => api.quality(name));
  return <Answer query={found} rows={10}>{(card) => <Panel card={card} detail={detail} />}</Answer>;
}

function Panel({ card, detail }: { card: QualityCard; detail: DatasetDetail }) {
  const t = useT();
  const { message } = App.useApp();
  const [open, setOpen] = useState<"edit" | "propose">();
  const check = useMutation({
    mutationFn: () => api.checkQuality(card.dataset),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: ["quality"] }), client.invalidateQueries({ queryKey: ["dataset", card.dataset] })]);
      void message.success(t("quality.checked"));
    },
  });
  return (
    <div className="stack">
      {card.may_change ? (
        <div className="tools" style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
          <Button type="primary" loading={check.isPending} onClick={() => check.mutate()}>{t("quality.check")}</Button>
          <Button onClick={() => setOpen("propose")}>{t("quality.propose")}</Button>
          <Button onClick={() => setOpen("edit")}>{t("quality.edit")}</Button>
        </div>
      ) : null}
      {check.isError ? <FailureView error={check.error} /> : null}
      <Figures card={card} />
      {card.rules.length === 0 ? (
        <Empty title={t("quality.none")} hint={card.may_change ? t("quality.noneHint") : t("quality.noneReader")} />
      ) : (
        <>
          <Dimensions card={card} />
          <RuleTable card={card} />
        </>
      )}
      <History card={card} />
      {card.other_tickets.length > 0 ? (
        <section aria-label={t("quality.otherTickets")}>
          <h3>{t("quality.otherTickets")}</h3>
          <TicketTable tickets={card.other_tickets} />
        </section>
      ) : null}
      <Collapse
        items={[
          { key: "profile", label: t("quality.profile"), children: <ProfileView card={card} /> },
          { key: "ingest", label: t("quality.ingestFacts"), children: <QualityTable quality={detail.quality} /> },
          { key: "formula", label: t("quality.formula"), children: <p className="wrap">{text(card.formula)}</p> },
        ]}
      />
      {open === "edit" ? <RulesEditor card={card} onClose={() => setOpen(undefined)} /> : null}
      {open === "propose" ? <Proposals card={card} onClose={() => setOpen(undefined)} /> : null}
    </div>
  );
}

function Figures({ card }: { card: QualityCard }) {
  const t = useT();
  const score = card.last?.score.value;
  const failed = (card.last?.outcomes ?? []).filter((o) => o.standing === "failed" || o.standing === "unmeasured").length;
  const tickets = [...card.rules.flatMap((r) => (r.ticket ? [r.ticket] : [])), ...card.other_tickets].filter((x) => x.state !== "resolved");
  const trend = card.trend;
  const moved = trend ? `${signed(trend.change)} ${t("quality.change")}` : undefined;
  return (
    <div className="figures">
      <Figure
        label={t("quality.score")}
        value={score === null || score === undefined ? "—" : number(score, 1)}
        note={score === null || score === undefined ? t("quality.noScore") : moved}
        tone={failed > 0 ? "warn" : undefined}
      />
      <Figure label={t("quality.rules")} value={number(card.rules.length)} note={card.last ? t("quality.failedOf", { failed: number(failed), rules: number(card.last.outcomes.length) }) : undefined} />
      <Figure label={t("quality.openTickets")} value={number(tickets.length)} tone={tickets.length > 0 ? "warn" : undefined} />
      <Figure
        label={t("quality.lastCheck")}
        value={<span style={{ fontSize: 18 }}>{card.last ? instant(card.last.at) : "—"}</span>}
        note={card.last ? `${occasion(t, card.last.occasion)} · ${t("provenance.versionOf", { version: card.last.dataset_version })}` : t("quality.notChecked")}
      />
    </div>
  );
}

function occasion(t: ReturnType<typeof useT>, name: string): string {
  return name === "ingest" || name === "model" || name === "person" ? t(`quality.byOccasion.${name}`) : name;
}

/** +1.2, −0.4, 0.0 */
export function signed(value: number): string {
  const shown = number(Math.abs(value), 1);
  if (Number(Math.abs(value).toFixed(1)) === 0) return shown;
  return `${value > 0 ? "+" : "−"}${shown}`;
}

function Dimensions({ card }: { card: QualityCard }) {
  const t = useT();
  const parts = card.last?.score.parts ?? [];
  if (parts.length === 0) return null;
  return (
    <section aria-label={t("quality.dimensions")}>
      <h3>{t("quality.dimensions")}</h3>
      <DataTable
        label={t("quality.dimensions")}
        rows={parts}
        rowKey={(p) => p.dimension}
        columns={[
          { key: "dimension", title: t("quality.dimension"), value: (p) => t(`quality.dimensionOf.${p.dimension}`), head: true },
          {
            key: "part",
            title: t("quality.part"),
            kind: "decimal",
            value: (p) => p.value,
            render: (p) => (p.value === null || p.value === undefined ? "—" : <Meter value={p.value / 100} shown={number(p.value, 1)} />),
          },
          { key: "rules", title: t("quality.rules"), kind: "count", value: (p) => p.rules },
          { key: "failed", title: t("quality.standingOf.failed"), kind: "count", value: (p) => p.failed + p.unmeasured },
          { key: "weight", title: t("quality.weight"), kind: "decimal", value: (p) => p.weight, minor: true },
        ]}
      />
    </section>
  );
}

function History({ card }: { card: QualityCard }) {
  const t = useT();
  const points = card.history.filter((p) => p.score !== null && p.score !== undefined);
  if (points.length < 2) return null;
  return (
    <section aria-label={t("quality.history")}>
      <h3>{t("quality.history")}</h3>
      {card.trend?.weekly !== null && card.trend?.weekly !== undefined ? (
        <p className="muted">{t("quality.weekly")} {signed(card.trend.weekly)}</p>
      ) : null}
      <EChart
        label={t("quality.historyLabel", { n: points.length })}
        height={180}
        option={{
          grid: { left: 40, right: 12, top: 12, bottom: 28 },
          tooltip: { trigger: "axis" },
          xAxis: { type: "time" },
          yAxis: { type: "value", scale: true, max: 100 },
          series: [{ type: "line", name: t("quality.score"), data: points.map((p) => [p.at, p.score]), showSymbol: points.length < 30 }],
        }}
      />
    </section>
  );
}
