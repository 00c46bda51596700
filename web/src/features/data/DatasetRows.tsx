// The rows a caller may see of one dataset, at any version.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Input, Select } from "antd";
import { useEffect, useId, useState } from "react";
import { api, Refusal } from "../../sdk/api";
import { number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useAsk } from "../../sdk/query";
import { RowTable } from "../../sdk/RowTable";
import { Answer, Empty } from "../../sdk/States";
import type { DatasetDetail } from "../../sdk/types";

const PAGE_SIZE = 50;

export function DatasetRows({ detail, name }: { detail: DatasetDetail; name: string }) {
  const t = useT();
  const search = useSearch({ from: "/shell/data/$name" });
  const navigate = useNavigate({ from: "/data/$name" });
  const [versionId, textId] = [useId(), useId()];
  const [typed, setTyped] = useState(search.text ?? "");
  useEffect(() => setTyped(search.text ?? ""), [search.text]);
  const page = search.page ?? 1;
  const query = { page, page_size: PAGE_SIZE, version: search.version, text: search.text };
  const rows = useAsk(["rows", name, query], () => api.datasetRows(name, query));
  const titles = new Map(detail.columns.map((c) => [c.name, text(c.title)]));
  const forbidden = rows.error instanceof Refusal && rows.error.status === 403;
  return (
    <>
      <div className="filters">
        <div className="filter">
          <label htmlFor={versionId}>{t("data.atVersion")}</label>
          <Select
            id={versionId}
            style={{ minWidth: 150, width: "100%" }}
            value={search.version ?? -1}
            onChange={(version) => void navigate({ search: (s) => ({ ...s, version: version < 0 ? undefined : version, page: undefined }) })}
            options={[
              { value: -1, label: t("data.latest") },
              ...versionOptions(detail, search.version).map((v) => ({ value: v, label: t("provenance.versionOf", { version: v }) })),
            ]}
          />
        </div>
        <div className="filter wide" style={{ flex: "1 1 220px", maxWidth: 360 }}>
          <label htmlFor={textId}>{t("data.filterRows")}</label>
          <Input.Search
            id={textId}
            allowClear
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onSearch={(value) => void navigate({ search: (s) => ({ ...s, text: value || undefined, page: undefined }) })}
          />
        </div>
      </div>
      {forbidden ? (
        <Alert
          type="warning"
          showIcon
          style={{ marginBottom: 12 }}
          title={t("data.requestTitle")}
          description={t("data.requestHint", { owner: detail.card.owner ?? "—" })}
        />
      ) : null}
      <Answer query={rows} rows={8}>
        {(data) => (
          <>
            {data.rows.length === 0 ? (
              <Empty title={t("data.noRows")} hint={t("data.noRowsHint")} />
            ) : (
              <RowTable
                rows={data}
                file={`${name}${search.version === undefined ? "" : `@${search.version}`}`}
                titles={titles}
                page={page}
                pageSize={PAGE_SIZE}
                hasMore={data.has_more ?? data.rows.length === PAGE_SIZE}
                note={data.total === null || data.total === undefined ? undefined : t("common.total", { n: number(data.total) })}
                onPage={(next) => void navigate({ search: (s) => ({ ...s, page: next }) })}
              />
            )}
            <ProvenanceFooter inputs={data.inputs} />
          </>
        )}
      </Answer>
    </>
  );
}

function versionOptions(detail: DatasetDetail, asked: number | undefined): number[] {
  const known = detail.versions.map((v) => v.version);
  if (asked !== undefined && !known.includes(asked)) known.push(asked);
  return known.sort((a, b) => b - a);
}
