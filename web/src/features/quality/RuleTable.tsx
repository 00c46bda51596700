// Each rule of a dataset: what it asks, how it stands, what was found, its failing rows and its ticket.
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { DataTable } from "../../sdk/DataTable";
import { percent } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import type { QualityCard, QualityRule } from "../../sdk/types";
import { Examples } from "./Examples";
import { useSeverityColour, useStandingColour } from "./names";

export function RuleTable({ card }: { card: QualityCard }) {
  const t = useT();
  const [standing, severity] = [useStandingColour(), useSeverityColour()];
  const [shown, setShown] = useState<string>();
  const says = (r: QualityRule) => (r.outcome ? t(`quality.standingOf.${r.outcome.standing}`) : t("quality.notChecked"));
  return (
    <section aria-label={t("quality.rules")}>
      <h3>{t("quality.rules")} <span className="muted">{t("quality.rulesVersion", { version: card.rules_version })}</span></h3>
      <DataTable<QualityRule>
        label={t("quality.rules")}
        file={`${card.dataset}-quality`}
        rows={card.rules}
        rowKey={(r) => r.rule.id}
        pageSize={50}
        columns={[
          {
            key: "rule",
            title: t("quality.rule"),
            value: (r) => text(r.says),
            head: true,
            render: (r) => (
              <span className="wrap" style={{ display: "inline-block", maxWidth: 360, whiteSpace: "normal" }}>
                {text(r.says)}
                <span className="mono muted" style={{ display: "block" }}>{r.rule.id}</span>
              </span>
            ),
          },
          {
            key: "standing",
            title: t("quality.standing"),
            value: says,
            render: (r) => <Badge colour={r.outcome ? standing[r.outcome.standing] : undefined}>{says(r)}</Badge>,
          },
          { key: "share", title: t("quality.share"), kind: "percent", value: (r) => r.outcome?.share ?? null, render: (r) => percent(r.outcome?.share ?? null, 2) },
          {
            key: "found",
            title: t("quality.found"),
            value: (r) => (r.outcome ? text(r.outcome.says) : null),
            render: (r) => <span style={{ display: "inline-block", maxWidth: 320, whiteSpace: "normal" }}>{r.outcome ? text(r.outcome.says) : "—"}</span>,
          },
          { key: "dimension", title: t("quality.dimension"), value: (r) => t(`quality.dimensionOf.${r.dimension}`), minor: true },
          {
            key: "severity",
            title: t("quality.severity"),
            value: (r) => t(`quality.severityOf.${r.rule.severity ?? "error"}`),
            render: (r) => <Badge colour={severity[r.rule.severity ?? "error"]}>{t(`quality.severityOf.${r.rule.severity ?? "error"}`)}</Badge>,
          },
          { key: "owner", title: t("quality.owner"), value: (r) => r.owner, minor: true },
          {
            key: "actions",
            title: t("common.actions"),
            sortable: false,
            value: () => null,
            render: (r) => (
              <span style={{ display: "inline-flex", gap: 8, flexWrap: "wrap" }}>
                {r.has_examples && r.outcome && r.outcome.failed > 0 ? (
                  <Button size="small" onClick={() => setShown(r.rule.id)}>{t("quality.examples")}</Button>
                ) : null}
                {r.ticket ? (
                  <Link to="/quality/$id" params={{ id: r.ticket.id }}>{t("quality.ticket")} · {t(`quality.stateOf.${r.ticket.state}`)}</Link>
                ) : null}
              </span>
            ),
          },
        ]}
      />
      {shown !== undefined ? <Examples dataset={card.dataset} rule={shown} onClose={() => setShown(undefined)} /> : null}
    </section>
  );
}
