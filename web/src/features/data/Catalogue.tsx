import { LockOutlined } from "@ant-design/icons";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { useId } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { useParty } from "../../sdk/session";
import { Answer, Empty } from "../../sdk/States";
import type { DataSide, Grade } from "../../sdk/types";
import { BRINGING } from "../../shell/Navigation";

const PAGE_SIZE = 30;
export const ZONES = ["raw", "standard", "subject", "topic"] as const;
const SIDES: DataSide[] = ["public", "industry", "enterprise"];
const GRADES: Grade[] = ["general1", "general2", "general3", "general4", "important", "core"];

export function useZoneName() {
  const t = useT();
  return (zone: string) => {
    const known = ZONES.find((z) => z === zone);
    return known ? t(`zone.${known}`) : zone;
  };
}

export function useGradeName() {
  const t = useT();
  return (grade: string | null | undefined) => {
    const known = GRADES.find((g) => g === grade);
    return known ? t(`grade.${known}`) : (grade ?? "—");
  };
}

export function Catalogue() {
  const t = useT();
  const zoneName = useZoneName();
  const gradeName = useGradeName();
  const search = useSearch({ from: "/shell/data" });
  const navigate = useNavigate({ from: "/data" });
  const [zoneId, sideId] = [useId(), useId()];
  const party = useParty();
  const brings = party !== undefined && BRINGING.includes(party.role);
  const page = search.page ?? 1;
  const query = { text: search.text, zone: search.zone, side: search.side, page, page_size: PAGE_SIZE };
  const datasets = useAsk(["datasets", query], () => api.datasets(query));
  return (
    <PageFrame
      title={t("data.title")}
      question={t("data.question")}
      tools={brings ? <Link to="/data/ingest"><Button type="primary" tabIndex={-1}>{t("nav.ingest")}</Button></Link> : null}
    >
      <div className="filters">
        <SearchField
          label={t("data.search")}
          value={search.text}
          onSearch={(text) => void navigate({ search: (s) => ({ ...s, text, page: undefined }) })}
        />
        <div className="filter">
          <label htmlFor={zoneId}>{t("data.zone")}</label>
          <Select
            id={zoneId}
            allowClear
            style={{ minWidth: 128, width: "100%" }}
            placeholder={t("common.all")}
            value={search.zone}
            onChange={(zone?: string) => void navigate({ search: (s) => ({ ...s, zone, page: undefined }) })}
            options={ZONES.map((z) => ({ value: z, label: t(`zone.${z}`) }))}
          />
        </div>
        <div className="filter">
          <label htmlFor={sideId}>{t("data.side")}</label>
          <Select
            id={sideId}
            allowClear
            style={{ minWidth: 128, width: "100%" }}
            placeholder={t("common.all")}
            value={search.side}
            onChange={(side?: string) => void navigate({ search: (s) => ({ ...s, side, page: undefined }) })}
            options={SIDES.map((s) => ({ value: s, label: t(`dataSide.${s}`) }))}
          />
        </div>
      </div>
      <Answer query={datasets} rows={10}>
        {(result) => (
          <Card label={t("data.title")}>
            <DataTable
              file="datasets"
              label={t("data.title")}
              rows={result.items}
              rowKey={(d) => d.name}
              loading={datasets.isFetching}
              paging={{
                page,
                pageSize: PAGE_SIZE,
                total: result.total,
                onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }),
              }}
              empty={<Empty title={t("data.none")} hint={t("data.noneHint")} />}
              columns={[
                {
                  key: "title",
                  title: t("common.name"),
                  value: (d) => text(d.title),
                  render: (d) => (
                    <span style={{ display: "inline-block", maxWidth: 420, whiteSpace: "normal" }}>
                      <Link to="/data/$name" params={{ name: d.name }}>{text(d.title) || d.name}</Link>{" "}
                      {d.restricted_by ? <Badge><LockOutlined aria-hidden="true" /> {t("data.restricted")}</Badge> : null}
                      <div className="mono muted">{d.name}</div>
                    </span>
                  ),
                },
                { key: "zone", title: t("data.zone"), value: (d) => zoneName(d.zone) },
                { key: "side", title: t("data.side"), value: (d) => t(`dataSide.${d.side}`) },
                { key: "grade", title: t("data.grade"), value: (d) => gradeName(d.grade) },
                { key: "rows", title: t("data.rows"), kind: "count", value: (d) => d.rows },
                { key: "version", title: t("common.version"), kind: "count", value: (d) => d.version ?? null, minor: true },
                { key: "updated", title: t("common.updated"), kind: "instant", value: (d) => d.updated_at ?? null },
                { key: "owner", title: t("data.owner"), value: (d) => d.owner ?? null, minor: true },
                { key: "source", title: t("common.source"), value: (d) => d.source ?? null, minor: true, render: (d) => <span style={{ display: "inline-block", maxWidth: 220, whiteSpace: "normal" }}>{d.source ?? "—"}</span> },
              ]}
            />
          </Card>
        )}
      </Answer>
    </PageFrame>
  );
}
