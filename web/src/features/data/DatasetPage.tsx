// One dataset: what it holds, where it came from, in which versions, how good, and its rows.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Button, Tabs } from "antd";
import { api, Refusal } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { bytes, instant, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer } from "../../sdk/States";
import type { DatasetDetail } from "../../sdk/types";
import { useGradeName, useZoneName } from "./Catalogue";
import { OFFERING } from "../products/names";
import { RequestAccess } from "../requests/RequestAccess";
import { DatasetTerms } from "../terms/DatasetTerms";
import { DatasetRows } from "./DatasetRows";
import { QualityPanel } from "../quality/QualityPanel";
import { LineageTab } from "./LineageTab";

export function DatasetPage() {
  const t = useT();
  const gradeName = useGradeName();
  const zoneName = useZoneName();
  const { name } = useParams({ from: "/shell/data/$name" });
  const search = useSearch({ from: "/shell/data/$name" });
  const navigate = useNavigate({ from: "/data/$name" });
  const party = useParty();
  const detail = useAsk(["dataset", name], () => api.dataset(name));
  const card = detail.data?.card;
  const forbidden = detail.error instanceof Refusal && detail.error.status === 403;
  return (
    <PageFrame
      title={card ? text(card.title) || name : name}
      question={card ? text(card.description) : undefined}
      crumb={<><Link to="/data">{t("data.title")}</Link> / <span className="mono">{name}</span></>}
      tools={
        <>
          {detail.data ? <RequestAccess detail={detail.data} /> : null}
          {party && OFFERING.includes(party.role) ? (
            <Link to="/products/new" search={{ dataset: name }} data-testid="publish-product">
              <Button tabIndex={-1}>{t("offers.publishFrom")}</Button>
            </Link>
          ) : null}
          <Link to="/access" search={{ dataset: name }}>
            <Button tabIndex={-1}>{t("access.why")}</Button>
          </Link>
          <Link to="/sql" search={{ q: sampleQuery(name) }}>
            <Button tabIndex={-1}>{t("data.openSql")}</Button>
          </Link>
        </>
      }
    >
      {forbidden ? (
        <Alert type="warning" showIcon title={t("data.requestTitle")} description={t("data.requestHint", { owner: "—" })} style={{ marginBottom: 16 }} />
      ) : null}
      <Answer query={detail} rows={12}>
        {(data) => (
          <div className="stack">
            <div className="figures">
              <Figure label={t("data.rows")} value={number(data.card.rows)} unit={t("common.rowsUnit")} />
              <Figure label={t("common.version")} value={number(data.card.version)} note={instant(data.card.updated_at)} />
              <Figure label={t("data.zone")} value={<span style={{ fontSize: 18 }}>{zoneName(data.card.zone)}</span>} note={t(`dataSide.${data.card.side}`)} />
              <Figure label={t("find.uses")} value={number(data.uses)} note={t("find.usesHelp")} />
              <Figure label={t("data.grade")} value={<span style={{ fontSize: 18 }}>{gradeName(data.card.grade)}</span>} note={data.card.bytes ? bytes(data.card.bytes) : undefined} />
            </div>
            <Source data={data} />
            <DatasetTerms name={name} />
            <Card label={t("data.title")}>
              <Tabs
                activeKey={search.tab ?? "rows"}
                onChange={(tab) => void navigate({ search: (s) => ({ ...s, tab: tab === "rows" ? undefined : tab }), replace: true })}
                items={[
                  { key: "rows", label: t("data.tabRows"), children: <DatasetRows detail={data} name={name} /> },
                  { key: "columns", label: `${t("data.tabColumns")} ${data.columns.length}`, children: <Columns data={data} /> },
                  { key: "versions", label: `${t("data.tabVersions")} ${data.versions.length}`, children: <Versions data={data} name={name} /> },
                  { key: "quality", label: t("data.tabQuality"), children: <QualityPanel detail={data} name={name} /> },
                  { key: "lineage", label: t("data.tabLineage"), children: <LineageTab name={name} /> },
                ]}
              />
            </Card>
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

/** A first query over a dataset, its name quoted where SQL needs it. */
export function sampleQuery(name: string): string {
  const quoted = name
    .split(".")
    .map((word) => (/^[a-z_][a-z0-9_]*$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`))
    .join(".");
  return `SELECT *\nFROM ${quoted}\nLIMIT 100`;
}

function Source({ data }: { data: DatasetDetail }) {
  const t = useT();
  const { card } = data;
  if (!card.source && !card.owner && !card.licence && !card.restricted_by) return null;
  return (
    <p className="muted" style={{ display: "flex", gap: "2px 20px", flexWrap: "wrap" }}>
      {card.owner ? <span>{t("data.owner")}：{card.owner}</span> : null}
      {card.source ? <span className="wrap">{t("common.source")}：{card.source}</span> : null}
      {card.licence ? <span className="wrap">{t("data.licence")}：{card.licence}</span> : null}
      {card.restricted_by ? <span>{t("data.restricted")}：{t("data.restrictedHelp", { column: card.restricted_by })}</span> : null}
    </p>
  );
}

function Columns({ data }: { data: DatasetDetail }) {
  const t = useT();
  const gradeName = useGradeName();
  return (
    <DataTable
      label={t("data.tabColumns")}
      file={`${data.card.name}-columns`}
      rows={data.columns}
      rowKey={(c) => c.name}
      pageSize={50}
      columns={[
        { key: "name", title: t("data.column"), value: (c) => c.name, render: (c) => <span className="mono">{c.name}</span> },
        { key: "type", title: t("data.type"), value: (c) => c.type, render: (c) => <span className="mono">{c.type}</span> },
        { key: "grade", title: t("data.grade"), value: (c) => (c.grade ? gradeName(c.grade) : null) },
        {
          key: "description",
          title: t("data.description"),
          value: (c) => [text(c.title), c.unit].filter(Boolean).join(" · ") || null,
          render: (c) => <span style={{ whiteSpace: "normal" }}>{[text(c.title), c.unit].filter(Boolean).join(" · ") || "—"}</span>,
        },
      ]}
    />
  );
}

function Versions({ data, name }: { data: DatasetDetail; name: string }) {
  const t = useT();
  return (
    <DataTable
      label={t("data.tabVersions")}
      rows={data.versions}
      rowKey={(v) => v.version}
      columns={[
        {
          key: "version",
          title: t("common.version"),
          value: (v) => v.version,
          render: (v) => <Link to="/data/$name" params={{ name }} search={{ version: v.version }}>{t("provenance.versionOf", { version: v.version })}</Link>,
        },
        { key: "at", title: t("common.updated"), kind: "instant", value: (v) => v.committed_at },
        { key: "rows", title: t("data.rows"), kind: "count", value: (v) => v.rows },
        { key: "size", title: t("data.size"), value: (v) => bytes(v.bytes) },
      ]}
    />
  );
}
