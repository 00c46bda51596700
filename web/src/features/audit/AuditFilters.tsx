// What narrows the list of accesses; every filter is in the address.
import { Input, Select } from "antd";
import { useId, useState } from "react";
import { DateField } from "../../sdk/DateField";
import { useT } from "../../sdk/i18n";

export const ACTIONS = ["read", "run", "export", "publish", "move", "call", "audit.read", "audit.export", "evidence.read", "evidence.export"] as const;
export const OUTCOMES = ["completed", "denied", "failed", "broken_off", "opened"] as const;
export const CHANNELS = ["portal", "rest", "mcp", "command_line", "internal"] as const;

export interface AuditSearch {
  account?: string;
  dataset?: string;
  outcome?: string;
  channel?: string;
  action?: string;
  from?: string;
  to?: string;
  page?: number;
  seq?: number;
}

/** Days are meant where the reader is; the node is told instants. The last day counts whole. */
export function queryOf(search: AuditSearch) {
  const midnight = (day: string, later: number) => {
    const at = new Date(`${day}T00:00:00`);
    at.setDate(at.getDate() + later);
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  };
  const { account, dataset, outcome, channel, action } = search;
  return {
    account,
    dataset,
    outcome,
    channel,
    action,
    from: search.from ? midnight(search.from, 0) : undefined,
    to: search.to ? midnight(search.to, 1) : undefined,
  };
}

export function AuditFilters({ search, onChange }: { search: AuditSearch; onChange: (next: Partial<AuditSearch>) => void }) {
  const t = useT();
  const [accountId, datasetId, outcomeId, channelId, actionId, fromId, toId] = [useId(), useId(), useId(), useId(), useId(), useId(), useId()];
  const [account, setAccount] = useState(search.account ?? "");
  const [dataset, setDataset] = useState(search.dataset ?? "");
  const select = { allowClear: true, style: { minWidth: 120, width: "100%" }, placeholder: t("common.all") };
  return (
    <div className="filters">
      <div className="filter">
        <label htmlFor={accountId}>{t("audit.account")}</label>
        <Input.Search id={accountId} allowClear maxLength={256} value={account} onChange={(e) => setAccount(e.target.value)} onSearch={(v) => onChange({ account: v.trim() || undefined })} />
      </div>
      <div className="filter">
        <label htmlFor={datasetId}>{t("audit.dataset")}</label>
        <Input.Search id={datasetId} allowClear maxLength={256} placeholder="subject.enterprise" value={dataset} onChange={(e) => setDataset(e.target.value)} onSearch={(v) => onChange({ dataset: v.trim() || undefined })} />
      </div>
      <div className="filter">
        <label htmlFor={outcomeId}>{t("audit.outcome")}</label>
        <Select id={outcomeId} {...select} value={search.outcome} onChange={(outcome?: string) => onChange({ outcome })} options={OUTCOMES.map((o) => ({ value: o, label: t(`audit.outcomeOf.${o}`) }))} />
      </div>
      <div className="filter">
        <label htmlFor={actionId}>{t("audit.action")}</label>
        <Select id={actionId} {...select} value={search.action} onChange={(action?: string) => onChange({ action })} options={ACTIONS.map((a) => ({ value: a, label: t(`audit.actionOf.${a.replace(".", "_") as "read"}`) }))} />
      </div>
      <div className="filter">
        <label htmlFor={channelId}>{t("audit.channel")}</label>
        <Select id={channelId} {...select} value={search.channel} onChange={(channel?: string) => onChange({ channel })} options={CHANNELS.map((c) => ({ value: c, label: t(`audit.channelOf.${c}`) }))} />
      </div>
      <div className="filter">
        <label htmlFor={fromId}>{t("audit.from")}</label>
        <DateField id={fromId} value={search.from} onChange={(from) => onChange({ from: from || undefined })} />
      </div>
      <div className="filter">
        <label htmlFor={toId}>{t("audit.to")}</label>
        <DateField id={toId} value={search.to} onChange={(to) => onChange({ to: to || undefined })} />
      </div>
    </div>
  );
}
