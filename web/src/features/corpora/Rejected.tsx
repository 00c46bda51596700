// Documents that did not stay, down to file, line, value and threshold.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { useId } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { number as shown } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { CorpusReason, CorpusRejected } from "../../sdk/types";

const PAGE_SIZE = 20;

export function Rejected({ id, number, reasons }: { id: string; number: number; reasons: CorpusReason[] }) {
  const t = useT();
  const ruleId = useId();
  const search = useSearch({ from: "/shell/corpora/$id/$number" });
  const navigate = useNavigate({ from: "/corpora/$id/$number" });
  const page = search.page ?? 1;
  const query = { rule: search.rule, page, page_size: PAGE_SIZE };
  const rejected = useAsk(["corpora", "rejected", id, number, query], () => api.corpusRejected(id, number, query));
  return (
    <Card title={t("corpora.tabRejected")}>
      <div className="corpus-filter">
        <label htmlFor={ruleId}>{t("corpora.reasonWhy")}</label>
        <Select
          id={ruleId}
          allowClear
          value={search.rule}
          placeholder={t("corpora.allReasons")}
          style={{ minWidth: 200, maxWidth: "100%" }}
          options={reasons.map((reason) => ({ value: reason.rule, label: reason.said ? text(reason.said) : reason.rule }))}
          onChange={(rule) => void navigate({ search: (s) => ({ ...s, rule, page: undefined }) })}
        />
      </div>
      <Answer query={rejected} rows={6}>
        {(found) => (
          <DataTable<CorpusRejected>
            label={t("corpora.tabRejected")}
            file="corpus-rejected"
            rows={found.items}
            rowKey={(row) => `${row.source}:${row.line}:${row.rule}`}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
            empty={<Empty title={t("corpora.nothingGone")} />}
            columns={[
              { key: "source", title: t("corpora.source"), head: true, value: (row) => row.source ?? "", render: (row) => <span className="mono wrap">{row.source ?? t("corpora.hidden")}</span> },
              { key: "line", title: t("corpora.lineHead"), kind: "count", value: (row) => row.line ?? null },
              { key: "said", title: t("corpora.reasonWhy"), value: (row) => text(row.said), render: (row) => <span className="wrap">{text(row.said)}</span> },
              { key: "value", title: t("corpora.value"), value: (row) => (row.value == null ? "—" : shown(row.value, 3)) },
              { key: "limit", title: t("corpora.limit"), value: (row) => (row.limit == null ? "—" : shown(row.limit, 3)) },
              { key: "like", title: t("corpora.like"), value: (row) => row.like ?? "", render: (row) => <span className="mono">{row.like?.slice(0, 12) ?? "—"}</span>, minor: true },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
