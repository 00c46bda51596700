// One firm: who it is, what it makes, where it stands — every fact with source and date.
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import type { Fact, Partner, Profile } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { cell, DASH, date, money, number, percent } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { useRegionName } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import { usePalette } from "../../shell/preferences";

const FIELDS = [
  "uscc", "short_name", "stock_code", "region_code", "province", "city", "district", "industry_code", "industry_name",
  "capital_cny", "capital_currency", "capital_text", "established_on", "listed_on", "enterprise_type", "status", "address", "scope",
] as const;
const HIDDEN = new Set(["enterprise_id", "name", "name_key", "pinyin_initials", "source", "observed_on", "source_dataset", "source_file", "source_line"]);

export function FirmPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/firms/$id" });
  const profile = useComponent("enterprise.profile", { enterprise_id: id });
  const data = profile.data?.result;
  const name = data ? cell(data.identity.name?.value ?? id) : id;
  const row = data?.source_rows[0];
  return (
    <PageFrame
      title={name}
      question={data ? subtitle(data) : undefined}
      crumb={<Link to="/firms">{t("firms.title")}</Link>}
      tools={
        row ? (
          <Link to="/data/$name" params={{ name: row.dataset }} search={{ text: row.value }} data-testid="source-row">
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
            <SourceRows profile={result} />
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function subtitle(profile: Profile): string {
  const of = (key: string) => profile.identity[key]?.value;
  return [...new Set([of("province"), of("city"), of("industry_name")])].filter((v) => v !== null && v !== undefined && v !== "").map(String).join(" · ");
}

/** The word for a column of the firm table; columns an operator added keep their own name. */
function fieldName(key: string, t: ReturnType<typeof useT>): string {
  const known = FIELDS.find((field) => field === key);
  return known ? t(`firms.field.${known}`) : key;
}

function Identity({ profile }: { profile: Profile }) {
  const t = useT();
  const entries = Object.entries(profile.identity).filter(
    ([key, fact]) => !HIDDEN.has(key) && fact && fact.value !== null && fact.value !== undefined && fact.value !== "",
  );
  const regionName = useRegionName();
  // One source for everything is said once; repeated under every line it would hide the facts.
  const origin = (fact: Fact) => `${fact.source ?? DASH} · ${date(fact.observed_on)}`;
  const origins = new Set(entries.map(([, fact]) => origin(fact)));
  const only = origins.size === 1 ? [...origins][0] : undefined;
  const shown = (key: string, fact: Fact) => {
    if (key === "capital_cny") return money(Number(fact.value));
    if (key === "region_code") return `${regionName(String(fact.value))}（${cell(fact.value)}）`;
    return key.endsWith("_on") ? date(String(fact.value)) : cell(fact.value);
  };
  return (
    <Card title={t("firms.identity")}>
      <dl className="facts">
        {entries.map(([key, fact]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>{fieldName(key, t)}</dt>
            <dd>
              {shown(key, fact)}
              {only === undefined && fact.source ? <small>{origin(fact)}</small> : null}
            </dd>
          </div>
        ))}
      </dl>
      {only ? <p className="muted" style={{ marginTop: 10 }}><small>{t("firms.allFrom")}：{only}</small></p> : null}
      <Origin profile={profile} />
    </Card>
  );
}

/** Where the identity was taken from: dataset, file and line, and the value that finds the row there. */
export function originOf({ identity, source_rows }: Pick<Profile, "identity" | "source_rows">) {
  const of = (key: string) => identity[key]?.value;
  const [dataset, file, line] = [of("source_dataset"), of("source_file"), of("source_line")];
  if (typeof dataset !== "string" || dataset === "") return null;
  return {
    dataset,
    file: typeof file === "string" ? file.split("/").at(-1) : undefined,
    line: typeof line === "number" || typeof line === "string" ? line : undefined,
    // Where the caller may not see the row, the dataset itself opens.
    text: source_rows.find((row) => row.dataset === dataset)?.value,
  };
}

function Origin({ profile }: { profile: Profile }) {
  const t = useT();
  const origin = originOf(profile);
  if (!origin) return null;
  const { dataset, file, line } = origin;
  return (
    <p className="muted wrap" style={{ marginTop: 6 }}>
      <small>
        {t("firms.source")}：
        <Link to="/data/$name" params={{ name: dataset }} search={{ text: origin.text }} data-testid="identity-source">
          {[dataset, file, line === undefined ? undefined : t("firms.line", { n: cell(line) })].filter(Boolean).join(" · ")}
        </Link>
      </small>
    </p>
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
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Products({ profile }: { profile: Profile }) {
  const t = useT();
  const places = new Map<string, Profile["place"]>();
  for (const place of profile.place) places.set(place.product, [...(places.get(place.product) ?? []), place]);
  return (
    <Card title={`${t("firms.products")} · ${t("firms.place")}`}>
      <DataTable
        label={t("firms.products")}
        file="firm-products"
        rows={profile.products}
        rowKey={(p) => p.product}
        pageSize={10}
        empty={<Empty title={t("firms.noProducts")} hint={t("firms.noProductsHint")} />}
        columns={[
          {
            key: "product",
            title: t("common.product"),
            value: (p) => p.product,
            render: (p) => <Link to="/candidates" search={{ product: p.product }}>{p.product}</Link>,
          },
          {
          key: "place",
          title: t("firms.place"),
          value: (p) => (places.get(p.product) ?? []).map((at) => `${at.chain ?? ""}${at.stage ? ` ${t(`stage.${at.stage}`)}` : ""}`).join("；") || null,
          render: (p) =>
            (places.get(p.product) ?? []).length === 0
              ? DASH
              : (places.get(p.product) ?? []).map((at) => (
                  <div key={`${at.chain_id ?? ""}${at.stage ?? ""}`}>
                    {at.chain_id ? <Link to="/chain/$id" params={{ id: at.chain_id }} search={{ product: p.product }}>{at.chain ?? at.chain_id}</Link> : null}{" "}
                    {at.stage ? t(`stage.${at.stage}`) : ""}
                  </div>
                )),
        },
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
  return (
    <Card title={title}>
      <DataTable
        label={title}
        file={end}
        rows={rows}
        rowKey={(p, at) => `${p.enterprise_id}-${at}`}
        pageSize={10}
        empty={<Empty title={none} />}
        columns={[
          {
            key: "name",
            title: t("firms.partner"),
            value: (p) => p.name ?? p.enterprise_id,
            render: (p) => (
              <Link to="/firms/$id" params={{ id: p.enterprise_id }} style={{ whiteSpace: "normal" }}>{p.name ?? p.enterprise_id}</Link>
            ),
          },
          { key: "product", title: t("common.product"), value: (p) => p.product ?? null },
          { key: "amount", title: t("firms.amount"), kind: "money", value: (p) => p.amount_cny ?? null },
          {
            key: "source",
            title: t("common.source"),
            value: (p) => p.source ?? null,
            render: (p) => (
              <span style={{ display: "inline-block", minWidth: 180, maxWidth: 260, whiteSpace: "normal" }}>
                {p.estimated ? <Badge>{t("firms.estimated")}</Badge> : null} {p.source ?? DASH} {p.observed_on ? date(p.observed_on) : ""}
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}

/** The rows of the source datasets, as they came, each opening in its dataset. */
function SourceRows({ profile }: { profile: Profile }) {
  const t = useT();
  if (profile.source_rows.length === 0) return null;
  return (
    <Card title={t("firms.sourceRows")}>
      {profile.source_rows.map((source) => (
        <details key={`${source.dataset}${source.value}`}>
          <summary>
            <span className="mono">{source.dataset}</span> <span className="muted mono">{source.column} = {source.value}</span>
          </summary>
          <p style={{ padding: "6px 0 0 14px" }}>
            <Link to="/data/$name" params={{ name: source.dataset }} search={{ text: source.value }}>{t("firms.sourceRow")}</Link>
          </p>
          <dl className="facts" style={{ padding: "8px 0 12px 14px" }}>
            {Object.entries(source.row).map(([key, value]) => (
              <div key={key} style={{ display: "contents" }}>
                <dt className="mono">{key}</dt>
                <dd>{cell(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </Card>
  );
}
