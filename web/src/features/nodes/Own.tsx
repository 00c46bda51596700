// This node: its parts, what it measured of itself, and what peers need to register it.
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { DASH, instant, number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Badge, Figure } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { HealthPart } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

const PARTS = ["data", "evidence", "verification", "measurement", "backup", "mirror", "integrity"] as const;

export function Own() {
  const t = useT();
  const palette = usePalette();
  const own = useAsk(["status-own"], api.ownStatus);
  const part = (name: string) => {
    const known = PARTS.find((p) => p === name);
    return known ? t(`nodes.partOf.${known}`) : name;
  };
  return (
    <Answer query={own} rows={6}>
      {(node) => (
        <div className="stack">
          <div className="figures">
            <Figure
              label={t("nodes.backup")}
              value={node.backup ? t(node.backup.ok ? "nodes.whole" : "nodes.failed") : t("nodes.never")}
              note={node.backup ? instant(node.backup.at) : undefined}
              tone={node.backup ? (node.backup.ok ? "good" : "bad") : "warn"}
            />
            <Figure
              label={t("nodes.drill")}
              value={node.drill ? t(node.drill.ok ? "nodes.whole" : "nodes.failed") : t("nodes.never")}
              note={
                node.drill
                  ? `${instant(node.drill.at)} · ${t("nodes.tables", { tables: number(node.drill.tables), rows: number(node.drill.rows) })}`
                  : undefined
              }
              tone={node.drill ? (node.drill.ok ? "good" : "bad") : "warn"}
            />
          </div>
          <DataTable<HealthPart>
            label={t("nodes.health")}
            rows={node.health}
            rowKey={(p) => p.name}
            empty={<Empty title={t("nodes.unmeasured")} hint={t("nodes.unmeasuredHint")} />}
            columns={[
              { key: "part", title: t("nodes.part"), value: (p) => part(p.name), head: true },
              {
                key: "state",
                title: t("nodes.state"),
                value: (p) => t(p.ok ? "nodes.good" : "nodes.bad"),
                render: (p) => <Badge colour={p.ok ? palette.ok : palette.gap}>{t(p.ok ? "nodes.good" : "nodes.bad")}</Badge>,
              },
              { key: "essential", title: t("nodes.essential"), value: (p) => (p.essential ? t("nodes.essential") : "") },
              { key: "detail", title: t("nodes.detail"), value: (p) => p.detail },
            ]}
          />
          <p className="muted">{t("nodes.keysHint")}</p>
          <dl className="facts">
            {(
              [
                [t("nodes.name"), node.name],
                [t("nodes.version"), node.measurement?.version ?? DASH],
                [t("nodes.program"), node.measurement?.program ?? t("nodes.unmeasured")],
                [t("nodes.dependencies"), node.measurement?.dependencies ?? DASH],
                [t("nodes.configuration"), node.measurement?.configuration ?? DASH],
                [t("nodes.measuredAt"), node.measurement ? instant(node.measurement.measured_at) : DASH],
                [t("nodes.ed25519"), node.keys.ed25519],
                [t("nodes.sm2"), node.keys.sm2 ?? DASH],
              ] as const
            ).map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd className="mono wrap">{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </Answer>
  );
}
