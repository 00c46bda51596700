// Which quality rules fail, over all datasets, and who works on it.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Select, Switch } from "antd";
import { useId } from "react";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer } from "../../sdk/States";
import type { TicketState } from "../../sdk/types";
import { TicketTable } from "./TicketTable";

const PAGE_SIZE = 25;
const STATES = ["open", "acknowledged", "resolved"] as const;

export function TicketsPage() {
  const t = useT();
  const search = useSearch({ from: "/shell/quality" });
  const navigate = useNavigate({ from: "/quality" });
  const [unresolvedId, stateId] = [useId(), useId()];
  const page = search.page ?? 1;
  const unresolved = search.state === undefined && search.all !== true;
  const found = useAsk(["quality", "tickets", search], () =>
    api.qualityTickets({ state: search.state, unresolved, dataset: search.dataset, page, page_size: PAGE_SIZE }),
  );
  const apply = (next: Partial<typeof search>) => void navigate({ search: (s) => ({ ...s, ...next, page: undefined }) });
  return (
    <PageFrame title={t("quality.title")} question={t("quality.question")}>
      <Card label={t("quality.title")}>
        <div className="filters">
          <div className="filter">
            <label htmlFor={unresolvedId}>{t("quality.unresolved")}</label>
            <Switch id={unresolvedId} checked={unresolved} onChange={(on) => apply({ all: on ? undefined : true, state: undefined })} />
          </div>
          <div className="filter">
            <label htmlFor={stateId}>{t("quality.state")}</label>
            <Select
              id={stateId}
              allowClear
              style={{ minWidth: 120, width: "100%" }}
              placeholder={t("common.all")}
              value={search.state}
              onChange={(state?: TicketState) => apply({ state })}
              options={STATES.map((s) => ({ value: s, label: t(`quality.stateOf.${s}`) }))}
            />
          </div>
          <SearchField label={t("quality.dataset")} value={search.dataset} width={320} onSearch={(dataset) => apply({ dataset })} />
        </div>
        <Answer query={found} rows={6}>
          {(list) => (
            <TicketTable
              file="quality-tickets"
              tickets={list.items}
              paging={{ page, pageSize: PAGE_SIZE, total: list.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
            />
          )}
        </Answer>
      </Card>
    </PageFrame>
  );
}
