// Who else vouches for the log, and what was found wrong with any log we know.
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Badge, Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { AlarmCard, PeerStatus } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

const PROBLEMS = ["fork", "rewritten", "rolled_back"] as const;

export function Witnesses() {
  const t = useT();
  const palette = usePalette();
  const query = useAsk(["evidence-witnesses"], api.evidenceWitnesses);
  const colour = { not_asked: palette.none, signed: palette.ok, failed: palette.choke, contradicts: palette.gap, refused: palette.gap };
  const problem = (value: string) => {
    const known = PROBLEMS.find((p) => p === value);
    return known ? t(`evidence.alarmOf.${known}`) : value;
  };
  return (
    <Card title={t("evidence.witnesses")}>
      <p className="muted" style={{ marginBottom: 8 }}>{t("evidence.witnessesHint")}</p>
      <Answer query={query} rows={3}>
        {(found) => (
          <div className="stack">
            <DataTable<PeerStatus>
              label={t("evidence.witnesses")}
              rows={found.witnesses}
              rowKey={(w) => w.name}
              empty={<Empty title={t("evidence.noWitness")} hint={t("evidence.noWitnessHint")} />}
              columns={[
                { key: "name", title: t("evidence.name"), value: (w) => w.name, head: true },
                {
                  key: "state",
                  title: t("common.state"),
                  value: (w) => t(`evidence.peerState.${w.state.state}`),
                  render: (w) => <Badge colour={colour[w.state.state]}>{t(`evidence.peerState.${w.state.state}`)}</Badge>,
                },
                { key: "size", title: t("evidence.signedSize"), kind: "count", value: (w) => w.size ?? null },
                { key: "asked", title: t("evidence.askedAt"), kind: "instant", value: (w) => w.asked_at ?? null },
              ]}
            />
            <DataTable<AlarmCard>
              label={t("evidence.alarms")}
              rows={found.alarms.items}
              rowKey={(a) => a.id}
              empty={<Empty title={t("evidence.noAlarm")} />}
              columns={[
                { key: "log", title: t("evidence.alarmLog"), value: (a) => a.origin, head: true },
                { key: "problem", title: t("evidence.alarmProblem"), value: (a) => problem(a.problem), render: (a) => <Badge colour={palette.gap}>{problem(a.problem)}</Badge> },
                { key: "size", title: t("evidence.size"), kind: "count", value: (a) => a.size },
                { key: "at", title: t("evidence.at"), kind: "instant", value: (a) => a.found_at },
              ]}
            />
          </div>
        )}
      </Answer>
    </Card>
  );
}
