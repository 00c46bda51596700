// Who accessed what, from where and under which grant; as a list, as a file, and one access in full.
import { DownloadOutlined, SafetyCertificateOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { DataTable } from "../../sdk/DataTable";
import { date, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { AuditRecord } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";
import { ACTIONS, AuditFilters, queryOf } from "./AuditFilters";
import { AuditRecordView } from "./AuditRecordView";

const PAGE_SIZE = 25;

export function AuditPage() {
  const t = useT();
  const palette = usePalette();
  const search = useSearch({ from: "/shell/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const page = search.page ?? 1;
  const filter = queryOf(search);
  const status = useAsk(["audit-status"], api.auditStatus);
  const records = useAsk(["audit", filter, page], () => api.auditRecords({ ...filter, page, page_size: PAGE_SIZE }));
  // Ids are what was recorded; the auditor knows the names.
  const accounts = useAsk(["accounts"], api.accounts);
  const names = new Map(accounts.data?.items.map((a) => [a.id, a.display_name]));
  const verify = useMutation({ mutationFn: api.verifyAudit });
  const file = useMutation({
    mutationFn: async (format: "csv" | "jsonl") => download(`audit.${format}`, await api.auditFile({ ...filter, format })),
  });
  const outcomeColour = { opened: palette.none, completed: palette.ok, denied: palette.gap, failed: palette.choke, broken_off: palette.choke };
  const actionName = (value: string) => {
    const known = ACTIONS.find((action) => action === value);
    return known ? t(`audit.actionOf.${known.replace(".", "_") as "read"}`) : value;
  };
  return (
    <PageFrame
      title={t("audit.title")}
      question={t("audit.question")}
      tools={
        <Button type="primary" icon={<SafetyCertificateOutlined />} loading={verify.isPending} onClick={() => verify.mutate()}>
          {verify.isPending ? t("audit.verifying") : t("audit.verify")}
        </Button>
      }
    >
      <div className="stack">
        {verify.isError ? <FailureView error={verify.error} /> : null}
        {file.isError ? <FailureView error={file.error} /> : null}
        {verify.data ? (
          <Alert
            type={verify.data.ok ? "success" : "error"}
            showIcon
            title={verify.data.ok ? t("audit.ok", { n: number(verify.data.anchored + verify.data.unanchored) }) : t("audit.bad")}
            description={verify.data.first_bad ? text(verify.data.first_bad.detail) : verify.data.evidence.ok ? undefined : t("audit.badLog")}
          />
        ) : null}
        <Answer query={status} rows={2}>
          {(s) => (
            <div className="figures">
              <Figure label={t("audit.records")} value={number(s.records)} note={s.oldest_at ? `${t("audit.oldest")} ${date(s.oldest_at)}` : undefined} />
              <Figure label={t("audit.kept")} value={t("audit.keptDays", { n: number(s.days) })} note={t("audit.keptExchange", { n: number(s.exchange_days) })} />
              <Figure label={t("audit.anchored")} value={number(s.records - s.unanchored)} note={t("audit.anchoredNote", { n: number(s.unanchored) })} />
            </div>
          )}
        </Answer>
        <Card
          title={t("audit.title")}
          tools={
            <>
              <Button icon={<DownloadOutlined />} loading={file.isPending && file.variables === "csv"} onClick={() => file.mutate("csv")}>{t("audit.exportCsv")}</Button>
              <Button icon={<DownloadOutlined />} loading={file.isPending && file.variables === "jsonl"} onClick={() => file.mutate("jsonl")}>{t("audit.exportLines")}</Button>
            </>
          }
        >
          <AuditFilters search={search} onChange={(next) => void navigate({ search: (s) => ({ ...s, ...next, page: undefined }) })} />
          <Answer query={records} rows={8}>
            {(found) => (
              <DataTable<AuditRecord>
                label={t("audit.title")}
                rows={found.items}
                rowKey={(r) => r.seq}
                paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
                empty={<Empty title={t("audit.none")} hint={t("audit.noneHint")} />}
                columns={[
                  {
                    key: "seq",
                    title: t("audit.seq"),
                    kind: "count",
                    value: (r) => r.seq,
                    width: 90,
                    render: (r) => (
                      <button type="button" className="plain-button" onClick={() => void navigate({ search: (s) => ({ ...s, seq: r.seq }) })}>#{r.seq}</button>
                    ),
                  },
                  { key: "time", title: t("audit.time"), kind: "instant", value: (r) => r.time },
                  {
                    key: "who",
                    title: t("audit.who"),
                    value: (r) => names.get(r.account) ?? r.account,
                    head: true,
                    render: (r) => <span title={r.account} className="wrap">{names.get(r.account) ?? r.account} <span className="muted">{t(`role.${r.role}`)}</span></span>,
                  },
                  { key: "action", title: t("audit.action"), value: (r) => actionName(r.action) },
                  { key: "what", title: t("audit.what"), value: datasets, render: (r) => <span className="mono wrap">{datasets(r) || t("audit.noDataset")}</span> },
                  { key: "rows", title: t("audit.rows"), kind: "count", value: (r) => r.rows ?? null },
                  { key: "channel", title: t("audit.channel"), value: (r) => t(`audit.channelOf.${r.channel}`), minor: true },
                  { key: "address", title: t("audit.address"), value: (r) => r.address ?? "", minor: true },
                  {
                    key: "outcome",
                    title: t("audit.outcome"),
                    value: (r) => t(`audit.outcomeOf.${r.outcome}`),
                    render: (r) => <Badge colour={outcomeColour[r.outcome]}>{t(`audit.outcomeOf.${r.outcome}`)}</Badge>,
                  },
                ]}
              />
            )}
          </Answer>
        </Card>
      </div>
      {search.seq !== undefined ? (
        <AuditRecordView seq={search.seq} names={names} onClose={() => void navigate({ search: (s) => ({ ...s, seq: undefined }) })} />
      ) : null}
    </PageFrame>
  );
}

function datasets(record: AuditRecord): string {
  return record.inputs.map((input) => (input.version === undefined || input.version === null ? input.dataset : `${input.dataset}@${input.version}`)).join(" ");
}
