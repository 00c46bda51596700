// One firm: who it is, what it makes, where it stands — every fact with source and date.
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import type { Partner, Profile } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { cell, DASH, date, money, number, percent } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import { usePalette } from "../../shell/preferences";

const HIDDEN = new Set(["enterprise_id", "name", "name_key", "pinyin_initials"]);

export function FirmPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/firms/$id" });
  const profile = useComponent("enterprise.profile", { enterprise_id: id });
  const data = profile.data?.result;
  const name = data ? cell(data.identity.name?.value ?? id) : id;
  const row = data?.source_row;
  const rowText = row ? sourceText(row.row, data) : undefined;
  return (
    <PageFrame
      title={name}
      question={data ? subtitle(data) : undefined}
      crumb={<Link to="/firms">{t("firms.title")}</Link>}
      tools={
        row ? (
          <Link to="/data/$name" params={{ name: row.dataset }} search={{ version: row.version ?? undefined, text: rowText }} data-testid="source-row">
            <Button tabIndex={-1}>{t("firms.sourceRow")}</Button>
          </Link>
        ) : null
      }
    >
      <Answer query={profile} rows={12}>
        {({ result, provenance, seconds }) => (
          <div className="stack">
            <div className="figures">
              <Figure label={t("firms.products")} value={number(result.products.length)} unit={t("common.itemsUnit")} />
              <Figure label={t("firms.suppliers")} value={number(result.suppliers.length)} unit={t("common.firmsUnit")} />
              <Figure label={t("firms.customers")} value={number(result.customers.length)} unit={t("common.firmsUnit")} />
              <Figure label={t("firms.quality")} value={percent(result.quality.score, 0)} />
            </div>
            <div className="grid2">
              <Identity profile={result} />
              <Quality profile={result} />
            </div>
            <Products profile={result} />
            <div className="grid2">
              <Partners title={t("firms.suppliers")} none={t("firms.noSuppliers")} rows={result.suppliers} end="supplier_id" />
              <Partners title={t("firms.customers")} none={t("firms.noCustomers")} rows={result.customers} end="customer_id" />
            </div>
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function subtitle(profile: Profile): string {
  const of = (key: string) => profile.identity[key]?.value;
  return [of("province"), of("city"), of("industry_name")].filter((v) => v !== null && v !== undefined && v !== "").map(String).join(" · ");
}

/** What finds the source row again among the rows of its dataset. */
function sourceText(row: unknown, profile: Profile): string | undefined {
  if (typeof row === "string" && row !== "") return row;
  const identity = profile.identity;
  const found = identity.uscc?.value ?? identity.stock_code?.value ?? identity.name?.value;
  return found === null || found === undefined ? undefined : String(found);
}

function Identity({ profile }: { profile: Profile }) {
  const t = useT();
  const entries = Object.entries(profile.identity).filter(
    ([key, fact]) => !HIDDEN.has(key) && fact && fact.value !== null && fact.value !== undefined && fact.value !== "",
  );
  return (
    <Card title={t("firms.identity")}>
      <dl className="facts">
        {entries.map(([key, fact]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>{t(`firms.field.${key}` as "firms.field.name", { defaultValue: key })}</dt>
            <dd>
              {key === "capital_cny" ? money(Number(fact.value)) : key.endsWith("_on") ? date(String(fact.value)) : cell(fact.value)}
              {fact.source ? <small>{fact.source} · {date(fact.observed_on)}</small> : null}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Quality({ profile }: { profile: Profile }) {
  const t = useT();
  const palette = usePalette();
  return (
    <Card title={t("firms.quality")}>
      <p className="formula">{text(profile.quality.formula)}</p>
      <ul style={{ marginTop: 12 }}>
        {profile.quality.checks.map((check) => (
          <li key={text(check.name)} style={{ display: "flex", gap: 10, padding: "6px 0", borderBottom: "1px solid var(--line)", flexWrap: "wrap" }}>
            <Badge colour={check.ok ? palette.ok : palette.gap}>{check.ok ? t("firms.passed") : t("firms.failed")}</Badge>
            <span>{text(check.name)}</span>
            {check.detail ? <span className="muted">{text(check.detail)}</span> : null}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Products({ profile }: { profile: Profile }) {
  const t = useT();
  const places = new Map(profile.place.map((p) => [p.product, p]));
  return (
    <Card title={`${t("firms.products")} · ${t("firms.place")}`}>
      <DataTable
        label={t("firms.products")}
        file="firm-products"
        rows={profile.products}
        rowKey={(p) => p.product}
        pageSize={10}
        empty={<Empty title={t("firms.noProducts")} />}
        columns={[
          {
            key: "product",
            title: t("common.product"),
            value: (p) => p.product,
            render: (p) => <Link to="/candidates" search={{ product: p.product }}>{p.product}</Link>,
          },
          {
            key: "stage",
            title: t("gap.stage"),
            value: (p) => {
              const stage = places.get(p.product)?.stage;
              return stage ? t(`stage.${stage}`) : DASH;
            },
          },
          { key: "position", title: t("firms.position"), kind: "decimal", value: (p) => places.get(p.product)?.position ?? null },
          { key: "share", title: t("firms.share"), kind: "percent", value: (p) => p.share ?? null },
          { key: "confidence", title: t("common.confidence"), kind: "percent", value: (p) => p.confidence ?? null },
          {
            key: "evidence",
            title: t("firms.evidenceText"),
            value: (p) => p.evidence ?? null,
            render: (p) => <span style={{ display: "inline-block", maxWidth: 300, whiteSpace: "normal" }}>{p.evidence ?? DASH}</span>,
          },
          { key: "source", title: t("common.source"), value: (p) => p.source ?? null },
          { key: "observed", title: t("common.observedOn"), kind: "date", value: (p) => p.observed_on ?? null },
        ]}
      />
    </Card>
  );
}

function Partners({ title, none, rows, end }: { title: string; none: string; rows: Partner[]; end: "supplier_id" | "customer_id" }) {
  const t = useT();
  const idOf = (p: Partner) => p.enterprise_id ?? p[end] ?? "";
  return (
    <Card title={title}>
      <DataTable
        label={title}
        file={end}
        rows={rows}
        rowKey={(p, at) => `${idOf(p)}-${at}`}
        pageSize={10}
        empty={<Empty title={none} />}
        columns={[
          {
            key: "name",
            title: t("firms.partner"),
            value: (p) => p.name ?? idOf(p),
            render: (p) => (
              <Link to="/firms/$id" params={{ id: idOf(p) }} style={{ whiteSpace: "normal" }}>{p.name ?? idOf(p)}</Link>
            ),
          },
          { key: "product", title: t("common.product"), value: (p) => p.product ?? p.product_id ?? null },
          { key: "amount", title: t("firms.amount"), kind: "money", value: (p) => p.amount_cny ?? null },
          {
            key: "source",
            title: t("common.source"),
            value: (p) => p.source ?? null,
            render: (p) => (
              <span>
                {p.estimated ? <Badge>{t("firms.estimated")}</Badge> : null} {p.source ?? DASH} {p.observed_on ? date(p.observed_on) : ""}
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}
