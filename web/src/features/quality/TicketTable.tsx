// Tickets in a list, wherever one is shown.
import { Link } from "@tanstack/react-router";
import { DataTable, type Paging } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { Empty } from "../../sdk/States";
import type { QualityTicket } from "../../sdk/types";
import { useSeverityColour, useStateColour } from "./names";

export function TicketTable({ tickets, paging, file }: { tickets: QualityTicket[]; paging?: Paging; file?: string }) {
  const t = useT();
  const [state, severity] = [useStateColour(), useSeverityColour()];
  return (
    <DataTable<QualityTicket>
      label={t("quality.title")}
      file={file}
      rows={tickets}
      rowKey={(x) => x.id}
      paging={paging}
      empty={<Empty title={t("quality.noTickets")} hint={t("quality.noTicketsHint")} />}
      columns={[
        {
          key: "title",
          title: t("quality.rule"),
          value: (x) => text(x.title),
          head: true,
          render: (x) => (
            <span className="wrap" style={{ display: "inline-block", maxWidth: 360, whiteSpace: "normal" }}>
              <Link to="/quality/$id" params={{ id: x.id }}>{text(x.title)}</Link>
              <span className="muted" style={{ display: "block" }}>{text(x.says)}</span>
            </span>
          ),
        },
        {
          key: "dataset",
          title: t("quality.dataset"),
          value: (x) => x.dataset,
          render: (x) => <Link className="mono" to="/data/$name" params={{ name: x.dataset }} search={{ tab: "quality" }}>{x.dataset}</Link>,
        },
        { key: "state", title: t("quality.state"), value: (x) => t(`quality.stateOf.${x.state}`), render: (x) => <Badge colour={state[x.state]}>{t(`quality.stateOf.${x.state}`)}</Badge> },
        { key: "severity", title: t("quality.severity"), value: (x) => t(`quality.severityOf.${x.severity}`), render: (x) => <Badge colour={severity[x.severity]}>{t(`quality.severityOf.${x.severity}`)}</Badge> },
        { key: "failing", title: t("quality.standing"), value: (x) => (x.failing ? t("quality.failing") : t("quality.passing")) },
        { key: "owner", title: t("quality.owner"), value: (x) => x.owner, minor: true },
        { key: "assignee", title: t("quality.assignee"), value: (x) => x.assignee ?? null, minor: true },
        { key: "updated", title: t("quality.updated"), kind: "instant", value: (x) => x.updated_at },
      ]}
    />
  );
}
