// One chain from raw material to product: where firms are, where they are missing.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Drawer, Segmented, Select } from "antd";
import { lazy, Suspense, useCallback, useId, useMemo } from "react";
import type { GraphNode, Panorama as Result } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { DateField } from "../../sdk/DateField";
import { date, DASH, number, percent } from "../../sdk/format";
import { useLanguage, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { ChainSelect, ProductPicker, RegionSelect, useRegion, useRegionName } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty, Waiting } from "../../sdk/States";
import { useNarrow, usePalette, usePhone } from "../../shell/preferences";
import type { Palette } from "../../shell/theme";
import { EVERY_CHAIN } from "./everyChain";
import { ProductPanel } from "./ProductPanel";

const ChainGraph = lazy(() => import("../../sdk/ChainGraph").then((m) => ({ default: m.ChainGraph })));
const HALF_LIFE_DAYS = 395;
const HALF_LIVES = [90, 180, HALF_LIFE_DAYS, 730, 1825];

export type Presence = "here" | "elsewhere" | "nobody";

export function presenceOf(node: GraphNode): Presence {
  if (node.firms > 0) return "here";
  return node.firms_elsewhere > 0 ? "elsewhere" : "nobody";
}

export function presenceColour(presence: Presence, palette: Palette): string {
  return presence === "here" ? palette.brand : presence === "elsewhere" ? palette.weak : palette.gap;
}

/** Whether this device can draw the graph; asked here so that the drawing code loads only when needed. */
function webgl(): boolean {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
}

export function Panorama() {
  const t = useT();
  const { id } = useParams({ from: "/shell/chain/$id" });
  const search = useSearch({ from: "/shell/chain/$id" });
  const navigate = useNavigate({ from: "/chain/$id" });
  const phone = usePhone();
  const narrow = useNarrow();
  const [dateId, halfLifeId] = [useId(), useId()];
  const region = useRegion(search.region);
  const regionName = useRegionName();
  const language = useLanguage();
  const chains = useComponent("chain.list", {});
  const every = id === EVERY_CHAIN;
  const panorama = useComponent(
    "chain.panorama",
    {
      ...(search.root ? { product: search.root } : every ? {} : { chain: id }),
      region,
      as_of: search.asOf,
      half_life_days: search.halfLife ?? HALF_LIFE_DAYS,
      limit: 20_000,
    },
    { keep: true },
  );
  const drawable = useMemo(webgl, []);
  const view = !drawable ? "list" : (search.view ?? (phone ? "list" : "graph"));
  const select = useCallback(
    (product: string | undefined) => void navigate({ search: (s) => ({ ...s, product }), replace: true }),
    [navigate],
  );
  const result = panorama.data?.result;
  const node = result?.nodes.find((n) => n.id === search.product);
  const panel = node && result ? <ProductPanel node={node} links={result.links} nodes={result.nodes} chain={every ? undefined : id} region={region} onSelect={select} /> : null;

  const named = language === "en" ? chains.data?.result.chains.find((c) => c.chain_id === id)?.name_en : undefined;
  const ownTitle = search.root ? undefined : every ? t("chain.every") : named;

  return (
    <PageFrame
      title={ownTitle ?? result?.title ?? t("chain.title")}
      question={region ? `${t("chain.question")} ${t("common.region")}：${regionName(region)}` : t("chain.question")}
      crumb={<Link to="/chain">{t("chain.title")}</Link>}
      tools={
        <Segmented
          aria-label={t("common.chart")}
          value={view}
          onChange={(next) => void navigate({ search: (s) => ({ ...s, view: next as "graph" | "list" }) })}
          options={[
            { value: "graph", label: t("chain.graph"), disabled: !drawable },
            { value: "list", label: t("chain.list") },
          ]}
        />
      }
    >
      <div className="filters">
        <ChainSelect value={every ? undefined : id} onChange={(chain) => chain && void navigate({ to: "/chain/$id", params: { id: chain }, search: (s) => ({ ...s, product: undefined, root: undefined }) })} />
        <ProductPicker
          label={t("chain.root")}
          placeholder={t("chain.rootPlaceholder")}
          value={search.root}
          onChange={(root) => void navigate({ search: (s) => ({ ...s, root, product: undefined }) })}
        />
        <RegionSelect value={region} onChange={(code) => void navigate({ search: (s) => ({ ...s, region: code }) })} />
        <div className="filter">
          <label htmlFor={dateId}>{t("chain.asOf")}</label>
          <DateField id={dateId} value={search.asOf} onChange={(asOf) => void navigate({ search: (s) => ({ ...s, asOf }) })} />
        </div>
        <div className="filter">
          <label htmlFor={halfLifeId}>{t("chain.halfLife")}</label>
          <Select
            id={halfLifeId}
            style={{ width: "100%", minWidth: 104 }}
            value={search.halfLife ?? HALF_LIFE_DAYS}
            onChange={(days) => void navigate({ search: (s) => ({ ...s, halfLife: days === HALF_LIFE_DAYS ? undefined : days }) })}
            options={HALF_LIVES.map((days) => ({ value: days, label: t("chain.days", { n: number(days) }) }))}
          />
        </div>
      </div>
      <Answer query={panorama} rows={12}>
        {({ result: data, provenance, seconds }) => (
          <div className="stack">
            <Summary data={data} local={region !== undefined} />
            {drawable ? null : <Alert type="info" showIcon title={t("chain.webgl")} />}
            {data.summary.truncated ? <Alert type="info" showIcon title={t("chain.truncated", { n: number(data.nodes.length) })} /> : null}
            {data.nodes.length === 0 ? (
              <Card><Empty title={t("chain.empty")} hint={t("chain.emptyHint")} /></Card>
            ) : view === "graph" ? (
              <div className={panel && !narrow ? "grid-main" : undefined}>
                <Picture data={data} region={region} selected={search.product ?? null} onSelect={select} />
                {panel && !narrow ? <Card title={node?.name}>{panel}</Card> : null}
              </div>
            ) : (
              <ProductList data={data} onSelect={select} />
            )}
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </div>
        )}
      </Answer>
      <Drawer
        open={panel !== null && (narrow || view === "list")}
        onClose={() => select(undefined)}
        placement={phone ? "bottom" : "right"}
        size={phone ? "86%" : 460}
        title={node?.name}
      >
        {panel}
      </Drawer>
    </PageFrame>
  );
}

function Summary({ data, local }: { data: Result; local: boolean }) {
  const t = useT();
  const s = data.summary;
  const missing = data.nodes.filter((n) => presenceOf(n) === "nobody").length;
  return (
    <div className="figures">
      <Figure label={t("chain.summaryProducts")} value={number(s.products)} unit={t("common.itemsUnit")} />
      <Figure label={t("chain.summaryLinks")} value={number(s.links)} unit={t("common.linksUnit")} />
      <Figure
        label={t("chain.summaryFirms")}
        value={number(local && s.firms_here !== undefined ? s.firms_here : s.firms)}
        unit={t("common.firmsUnit")}
        note={local && s.firms_here !== undefined ? t("chain.firmsAll", { n: number(s.firms) }) : undefined}
      />
      <Figure label={t("chain.missing")} value={number(missing)} unit={t("common.itemsUnit")} tone={missing > 0 ? "bad" : undefined} />
      <Figure
        label={t("chain.summaryStale")}
        value={percent(s.stale_share, 0)}
        note={s.observed_from ? `${date(s.observed_from)} – ${date(s.observed_to)}` : undefined}
      />
    </div>
  );
}

function Picture({
  data,
  region,
  selected,
  onSelect,
}: {
  data: Result;
  region: string | undefined;
  selected: string | null;
  onSelect: (id: string) => void;
}) {
  const t = useT();
  const palette = usePalette();
  const language = useLanguage();
  const findId = useId();
  const nodes = useMemo(
    () =>
      data.nodes.map((n) => ({
        id: n.id,
        name: language === "en" ? n.name_en || n.name : n.name,
        x: n.x,
        y: n.y,
        weight: n.firms,
        alert: n.firms === 0 && n.firms_elsewhere === 0,
        colour: presenceColour(presenceOf(n), palette),
      })),
    [data, palette, language],
  );
  const links = useMemo(() => data.links.map((l) => ({ from: l.from, to: l.to, strong: l.essential })), [data]);
  const options = useMemo(() => data.nodes.slice(0, 20_000).map((n) => ({ value: n.id, label: n.name })), [data]);
  return (
    <section aria-label={t("chain.graph")}>
      <div className="legend" style={{ marginBottom: 10, justifyContent: "space-between" }} aria-label={t("chain.legend")}>
        <span style={{ gap: 14, flexWrap: "wrap" }}>
          <span><i style={{ background: palette.brand }} />{region ? t("chain.here") : t("chain.hereNation")}</span>
          <span><i style={{ background: palette.weak }} />{t("chain.elsewhere")}</span>
          <span><i style={{ background: palette.gap }} />{t("chain.nobody")}</span>
          <span className="muted">{t("chain.size")}</span>
        </span>
        <span>
          <label htmlFor={findId} className="sr">{t("chain.find")}</label>
          <Select
            id={findId}
            showSearch={{ optionFilterProp: "label" }}
            size="small"
            style={{ width: 220 }}
            placeholder={t("chain.find")}
            value={selected}
            options={options}
            onChange={onSelect}
          />
        </span>
      </div>
      <Suspense fallback={<Waiting rows={12} />}>
        <ChainGraph
          nodes={nodes}
          links={links}
          selected={selected}
          onSelect={onSelect}
          stages
          label={t("chain.graphLabel", { n: nodes.length })}
        />
      </Suspense>
    </section>
  );
}

function ProductList({ data, onSelect }: { data: Result; onSelect: (id: string) => void }) {
  const t = useT();
  const palette = usePalette();
  const rows = useMemo(() => [...data.nodes].sort((a, b) => b.position - a.position), [data]);
  const names = { here: t("chain.here"), elsewhere: t("chain.elsewhere"), nobody: t("chain.nobody") };
  return (
    <Card title={t("chain.list")}>
      <DataTable
        file="chain-products"
        label={t("chain.list")}
        rows={rows}
        rowKey={(n) => n.id}
        columns={[
          {
            key: "name",
            title: t("common.product"),
            value: (n) => n.name,
            render: (n) => <button type="button" className="plain-button" onClick={() => onSelect(n.id)}>{n.name}</button>,
          },
          { key: "stage", title: t("gap.stage"), value: (n) => (n.stage ? t(`stage.${n.stage}`) : DASH) },
          {
            key: "state",
            title: t("common.state"),
            value: (n) => names[presenceOf(n)],
            render: (n) => <Badge colour={presenceColour(presenceOf(n), palette)}>{names[presenceOf(n)]}</Badge>,
          },
          { key: "firms", title: t("gap.firmsHere"), kind: "count", value: (n) => n.firms },
          { key: "elsewhere", title: t("gap.firmsElsewhere"), kind: "count", value: (n) => n.firms_elsewhere },
          { key: "capital", title: t("common.capital"), kind: "money", value: (n) => n.capital_cny ?? null },
          { key: "fresh", title: t("chain.freshness"), kind: "percent", value: (n) => n.freshness },
          { key: "observed", title: t("common.observedOn"), kind: "date", value: (n) => n.observed_on ?? null, minor: true },
          { key: "source", title: t("common.source"), value: (n) => n.source, minor: true },
        ]}
      />
    </Card>
  );
}
