// One cluster: its golden record, its records, why they are together, and everything that happened to it.
import { useNavigate } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { MatchClusterDetail, MatchClusterEvent, MatchLink, MatchMember } from "../../sdk/types";
import { precision } from "./estimate";
import { Golden } from "./Golden";

const KINDS = ["form", "add", "join", "split", "end"] as const;

export function ClusterView({ id }: { id: string }) {
  const t = useT();
  const navigate = useNavigate({ from: "/matching/$id" });
  const cluster = useAsk(["matching", "cluster", id], () => api.matchCluster(id));
  return (
    <Answer query={cluster} rows={10}>
      {(detail) => (
        <div className="stack">
          <Card title={t("matching.goldenRecord")} tools={<Button onClick={() => void navigate({ search: (s) => ({ ...s, cluster: undefined }) })}>{t("matching.tabClusters")}</Button>}>
            {detail.golden_behind ? <Alert type="info" showIcon title={t("matching.goldenBehind")} /> : null}
            {detail.golden.length > 0 ? <Golden values={detail.golden} label={t("matching.goldenRecord")} /> : <Empty title={t("matching.noGolden")} hint={t("matching.noGoldenHint")} />}
            {detail.golden_past.length > 0 ? (
              <>
                <h3>{t("matching.past")}</h3>
                <Golden values={detail.golden_past} label={t("matching.past")} past />
              </>
            ) : null}
          </Card>
          <Members detail={detail} />
          <History events={detail.events} />
        </div>
      )}
    </Answer>
  );
}

function Members({ detail }: { detail: MatchClusterDetail }) {
  const t = useT();
  const navigate = useNavigate({ from: "/matching/$id" });
  const name = (at: number) => {
    const member = detail.members[at];
    return member?.visible ? `${member.dataset} ${member.key ?? ""}` : t("matching.hidden");
  };
  return (
    <Card title={t("matching.members")}>
      <DataTable<MatchMember>
        label={t("matching.members")}
        file="members"
        rows={detail.members}
        rowKey={(member) => `${member.dataset} ${member.key ?? detail.members.indexOf(member)}`}
        columns={[
          { key: "key", title: t("matching.records"), head: true, value: (member) => `${member.dataset} ${member.key ?? ""}`, render: (member) => <span className="mono wrap">{member.dataset} {member.visible ? member.key : t("matching.hidden")}</span> },
          { key: "values", title: t("matching.value"), value: (member) => Object.values(member.values).join(" · "), render: (member) => <span className="wrap">{Object.values(member.values).join(" · ")}</span> },
          { key: "since", title: t("matching.since"), kind: "instant", value: (member) => member.since, minor: true },
        ]}
      />
      <h3>{t("matching.links")}</h3>
      <DataTable<MatchLink>
        label={t("matching.links")}
        rows={detail.links}
        rowKey={(link) => link.pair}
        columns={[
          {
            key: "pair",
            title: t("matching.pairs"),
            head: true,
            value: (link) => `${name(link.left)} ↔ ${name(link.right)}`,
            render: (link) => (
              <Button type="link" className="wrap" style={{ padding: 0, whiteSpace: "normal", textAlign: "left", height: "auto" }} onClick={() => void navigate({ search: { tab: "pairs", pair: link.pair } })}>
                {name(link.left)} ↔ {name(link.right)}
              </Button>
            ),
          },
          { key: "state", title: t("matching.state"), value: (link) => t(`matching.pairStateOf.${link.state}`) },
          { key: "probability", title: t("matching.probability"), value: (link) => precision(link.probability) },
        ]}
      />
    </Card>
  );
}

function History({ events }: { events: MatchClusterEvent[] }) {
  const t = useT();
  const navigate = useNavigate({ from: "/matching/$id" });
  return (
    <Card title={t("matching.history")}>
      <DataTable<MatchClusterEvent>
        label={t("matching.history")}
        file="history"
        rows={events}
        rowKey={(event) => `${event.at} ${event.kind} ${event.cause_id}`}
        columns={[
          { key: "at", title: t("quality.at"), kind: "instant", head: true, value: (event) => event.at },
          {
            key: "kind",
            title: t("matching.happened"),
            value: (event) => {
              const known = KINDS.find((kind) => kind === event.kind);
              return known ? t(`matching.eventOf.${known}`) : event.kind;
            },
          },
          { key: "records", title: t("matching.records"), value: (event) => event.records.join("；"), render: (event) => <span className="wrap">{t("matching.recordsOf", { count: event.count })} {event.records.join("；")}</span> },
          {
            key: "cause",
            title: t("matching.cause"),
            value: (event) => event.cause,
            render: (event) => (
              <Button
                type="link"
                style={{ padding: 0 }}
                onClick={() => void navigate({ search: event.cause === "decision" ? { tab: "pairs", pair: event.cause_id } : { run: event.cause_id } })}
              >
                {event.cause === "decision" ? t("matching.causeOf.decision") : t("matching.causeOf.run")}
              </Button>
            ),
          },
          { key: "actor", title: t("matching.actor"), value: (event) => event.actor },
        ]}
      />
    </Card>
  );
}
