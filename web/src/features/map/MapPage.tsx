// Where the firms are: a tile per province, then its cities. Schematic tiles unless the operator imported boundaries.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Segmented } from "antd";
import { useMemo } from "react";
import { api } from "../../sdk/api";
import type { RegionSummary } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { money, number } from "../../sdk/format";
import { useLanguage, useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { ChainSelect, ProductPicker } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useAsk, useComponent } from "../../sdk/query";
import { level, RegionMap } from "../../sdk/RegionMap";
import { PROVINCES, provinceName, provinceOf } from "../../sdk/regions";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import { classes, classOf, TileMap } from "../../sdk/TileMap";
import { usePalette } from "../../shell/preferences";
import { inkOn } from "../../shell/theme";
import { BOUNDARIES_KEY, MapImport } from "./Import";

type Region = RegionSummary["regions"][number];

export function MapPage() {
  const t = useT();
  useLanguage();
  const search = useSearch({ from: "/shell/map" });
  const navigate = useNavigate({ from: "/map" });
  const palette = usePalette();
  const byCapital = search.metric === "capital";
  const measure = (r: Region) => (byCapital ? (r.capital_cny ?? 0) : r.firms);
  const shown = (value: number) => (byCapital ? money(value) : `${number(value)} ${t("common.firmsUnit")}`);
  const provinces = useComponent("region.summary", { level: "province", chain: search.chain, product: search.product }, { keep: true });
  const chosen = provinceOf(search.province);
  const cities = useComponent(
    "region.summary",
    { level: "city", parent: chosen?.code, chain: search.chain, product: search.product },
    { enabled: chosen !== undefined },
  );
  const values = useMemo(() => {
    const known = new Map<string, number>();
    for (const region of provinces.data?.result.regions ?? []) {
      const province = provinceOf(region.region_code);
      if (province) known.set(province.code, byCapital ? (region.capital_cny ?? 0) : region.firms);
    }
    return known;
  }, [provinces.data, byCapital]);
  const party = useParty();
  const boundaries = useAsk(BOUNDARIES_KEY, api.mapBoundaries);
  const provinceShapes = useMemo(() => level(boundaries.data), [boundaries.data]);
  const cityShapes = useMemo(() => (chosen ? level(boundaries.data, chosen.code) : []), [boundaries.data, chosen]);
  const cityValues = useMemo(
    () => new Map((cities.data?.result.regions ?? []).map((r) => [r.region_code, byCapital ? (r.capital_cny ?? 0) : r.firms])),
    [cities.data, byCapital],
  );
  const unplaced = provinces.data?.result.unplaced ?? 0;
  const open = (code: string | undefined) => void navigate({ search: (s) => ({ ...s, province: code }), replace: true });
  const product = search.product;

  return (
    <PageFrame title={t("map.title")} question={t("map.question")}>
      <div className="filters">
        <ChainSelect allowAll value={search.chain} onChange={(chain) => void navigate({ search: (s) => ({ ...s, chain }) })} />
        <ProductPicker
          value={search.product}
          placeholder={t("map.anyProduct")}
          onChange={(next) => void navigate({ search: (s) => ({ ...s, product: next }) })}
        />
        <div className="filter">
          <span className="label">{t("map.metric")}</span>
          <Segmented
            aria-label={t("map.metric")}
            value={byCapital ? "capital" : "firms"}
            onChange={(next) => void navigate({ search: (s) => ({ ...s, metric: next === "capital" ? "capital" : undefined }) })}
            options={[
              { value: "firms", label: t("map.firms") },
              { value: "capital", label: t("map.capital") },
            ]}
          />
        </div>
      </div>
      <Answer query={provinces} rows={12}>
        {({ result, provenance, seconds }) => (
          <div className="stack">
            <div className="grid-main">
              <Card label={t("map.title")}>
                {boundaries.data && provinceShapes.length > 0 ? (
                  <RegionMap
                    boundaries={boundaries.data}
                    features={provinceShapes}
                    values={values}
                    shown={shown}
                    selected={chosen?.code}
                    onSelect={open}
                    label={t("map.title")}
                  />
                ) : (
                  <TileMap values={values} shown={shown} selected={chosen?.code} onSelect={open} label={t("map.tile")} />
                )}
                <div className="scale" aria-hidden="true">
                  <span>{t("map.less")}</span>
                  {palette.scale.map((colour) => <i key={colour} style={{ background: colour }} />)}
                  <span>{t("map.moreEnd")}</span>
                </div>
                {provinceShapes.length > 0 ? null : <p className="muted" style={{ textAlign: "center", marginTop: 6, fontSize: 12.5 }}>{t("map.tile")}</p>}
                {unplaced > 0 ? <p className="muted" style={{ textAlign: "center", fontSize: 12.5 }}>{t("map.unplaced", { n: number(unplaced) })}</p> : null}
              </Card>
              <Card
                title={chosen ? t("map.cities", { name: provinceName(chosen) }) : t("map.drill")}
                tools={chosen ? <Button size="small" onClick={() => open(undefined)}>{t("map.allProvinces")}</Button> : null}
              >
                {chosen ? (
                  <Answer query={cities}>
                    {(answer) => (
                      <>
                        {boundaries.data && cityShapes.length > 0 ? (
                          <RegionMap
                            boundaries={boundaries.data}
                            features={cityShapes}
                            values={cityValues}
                            shown={shown}
                            onSelect={(code) => void navigate({ to: "/firms", search: { region: code, product } })}
                            label={t("map.cities", { name: provinceName(chosen) })}
                          />
                        ) : null}
                        <CityTiles regions={answer.result.regions} measure={measure} shown={shown} product={product} />
                        <p style={{ marginTop: 12 }}>
                          <Link to="/firms" search={{ region: chosen.code, product }}>{t("map.openFirms")}</Link>
                        </p>
                      </>
                    )}
                  </Answer>
                ) : (
                  <Ranking regions={result.regions} measure={measure} shown={shown} onOpen={open} />
                )}
              </Card>
            </div>
            <Card title={t("map.table")}>
              <DataTable
                file="regions"
                label={t("map.table")}
                rows={chosen ? (cities.data?.result.regions ?? []) : result.regions}
                rowKey={(r) => r.region_code}
                empty={<Empty title={t("map.noData")} hint={t("map.noDataHint")} />}
                columns={[
                  {
                    key: "name",
                    title: t("common.region"),
                    value: (r) => nameOf(r),
                    render: (r) => <Link to="/firms" search={{ region: r.region_code || "all", product }}>{nameOf(r)}</Link>,
                  },
                  { key: "code", title: t("firms.field.region_code"), value: (r) => r.region_code, minor: true },
                  { key: "firms", title: t("map.firms"), kind: "count", value: (r) => r.firms },
                  { key: "capital", title: t("map.capital"), kind: "money", value: (r) => r.capital_cny ?? null },
                  { key: "products", title: t("common.products"), kind: "count", value: (r) => r.products ?? null },
                ]}
              />
            </Card>
            {party?.role === "system_administrator" && boundaries.isSuccess ? <MapImport boundaries={boundaries.data} /> : null}
            {boundaries.isError ? <FailureView error={boundaries.error} /> : null}
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

/** Provinces in the reader's language; cities as the node names them. */
function nameOf(region: Region): string {
  const province = PROVINCES.find((p) => p.code === region.region_code);
  return province ? provinceName(province) : region.name || region.region_code;
}

function Ranking({
  regions,
  measure,
  shown,
  onOpen,
}: {
  regions: Region[];
  measure: (r: Region) => number;
  shown: (n: number) => string;
  onOpen: (code: string) => void;
}) {
  const top = regions.filter((r) => provinceOf(r.region_code)).sort((a, b) => measure(b) - measure(a)).slice(0, 10);
  return (
    <ol>
      {top.map((r) => (
        <li key={r.region_code} style={{ display: "flex", padding: "7px 0", borderBottom: "1px solid var(--line)" }}>
          <button type="button" className="plain-button" onClick={() => onOpen(r.region_code)}>{nameOf(r)}</button>
          <span className="num" style={{ marginLeft: "auto" }}>{shown(measure(r))}</span>
        </li>
      ))}
    </ol>
  );
}

function CityTiles({
  regions,
  measure,
  shown,
  product,
}: {
  regions: Region[];
  measure: (r: Region) => number;
  shown: (n: number) => string;
  product: string | undefined;
}) {
  const t = useT();
  const palette = usePalette();
  if (regions.length === 0) return <Empty title={t("map.noData")} hint={t("map.noDataHint")} />;
  const bounds = classes(regions.map(measure), palette.scale.length - 1);
  return (
    <div className="city-tiles">
      {[...regions]
        .sort((a, b) => measure(b) - measure(a))
        .map((r) => {
          const background = palette.scale[classOf(measure(r), bounds)] ?? palette.raised;
          return (
            <Link
              key={r.region_code}
              to="/firms"
              search={{ region: r.region_code, product }}
              style={{ background, color: inkOn(background) }}
            >
              <b>{r.name ?? r.region_code}</b>
              <span className="num" style={{ textAlign: "left" }}>{shown(measure(r))}</span>
            </Link>
          );
        })}
    </div>
  );
}
