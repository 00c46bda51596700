// Pairs of a set by state, probability and key.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select, Tag } from "antd";
import { useId } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { MatchPair } from "../../sdk/types";
import { precision } from "./estimate";

const PAGE_SIZE = 20;
const STATES = ["open", "automatic", "same", "different", "unsure", "closed"] as const;

export function Pairs({ set }: { set: string }) {
  const t = useT();
  const id = useId();
  const search = useSearch({ from: "/shell/matching/$id" });
  const navigate = useNavigate({ from: "/matching/$id" });
  const page = search.page ?? 1;
  const state = STATES.find((one) => one === search.state);
  const query = { state, key: search.text, page, page_size: PAGE_SIZE };
  const pairs = useAsk(["matching", "pairs", set, query], () => api.matchPairs(set, query));
  const apply = (next: Partial<typeof search>) => void navigate({ search: (s) => ({ ...s, ...next, page: undefined }) });
  const shown = (pair: MatchPair, side: "left" | "right") => {
    const name = pair.fields.find((field) => field.field === "name") ?? pair.fields[0];
    return [name?.[side] ?? "", pair[side].visible ? pair[side].key : t("matching.hidden")].filter(Boolean).join(" · ");
  };
  return (
    <Card label={t("matching.pairs")}>
      <div className="filters">
        <div className="filter">
          <label htmlFor={id}>{t("matching.state")}</label>
          <Select
            id={id}
            allowClear
            style={{ minWidth: 140 }}
            placeholder={t("common.all")}
            value={state}
            onChange={(next?: string) => apply({ state: next })}
            options={STATES.map((one) => ({ value: one, label: t(`matching.pairStateOf.${one}`) }))}
          />
        </div>
        <SearchField label={t("matching.keySearch")} value={search.text} onSearch={(text) => apply({ text })} />
      </div>
      <Answer query={pairs} rows={8}>
        {(found) => (
          <DataTable<MatchPair>
            label={t("matching.pairs")}
            file="match-pairs"
            rows={found.items}
            rowKey={(pair) => pair.id}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
            empty={<Empty title={t("matching.noPairs")} hint={t("matching.noPairsHint")} />}
            columns={[
              {
                key: "left",
                title: t("matching.leftRecord"),
                head: true,
                value: (pair) => shown(pair, "left"),
                render: (pair) => (
                  <Button type="link" className="wrap" style={{ padding: 0, whiteSpace: "normal", textAlign: "left", height: "auto" }} onClick={() => void navigate({ search: (s) => ({ ...s, pair: pair.id }) })}>
                    {shown(pair, "left") || t("matching.openPair")}
                  </Button>
                ),
              },
              { key: "right", title: t("matching.rightRecord"), value: (pair) => shown(pair, "right"), render: (pair) => <span className="wrap">{shown(pair, "right")}</span> },
              { key: "probability", title: t("matching.probability"), value: (pair) => precision(pair.probability) },
              {
                key: "state",
                title: t("matching.state"),
                value: (pair) => t(`matching.pairStateOf.${pair.state}`),
                render: (pair) => <>{t(`matching.pairStateOf.${pair.state}`)} {pair.changed ? <Tag color="warning">{t("matching.changedSince")}</Tag> : null}</>,
              },
              { key: "taken", title: t("matching.takenBy"), value: (pair) => pair.taken_by ?? null, minor: true },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
