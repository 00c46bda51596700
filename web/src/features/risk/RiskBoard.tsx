// Whose failure hurts the chain most: exact values where trade is observed, ranks only where it is estimated.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Segmented, Select, Switch } from "antd";
import { useId, useMemo } from "react";
import { Refusal } from "../../sdk/api";
import type { Risk } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { axis, EChart } from "../../sdk/EChart";
import { number, percent } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { ChainSelect, RegionSelect, useRegionName } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import { usePalette } from "../../shell/preferences";
import { Scenario } from "./Scenario";

const EPSILONS = [1e-2, 1e-4, 1e-6, 1e-8];
const DEFAULT_EPSILON = 1e-6;

export function RiskBoard() {
  const t = useT();
  const search = useSearch({ from: "/shell/risk" });
  const navigate = useNavigate({ from: "/risk" });
  const [switchId, epsilonId] = [useId(), useId()];
  const region = search.region === "all" ? undefined : search.region;
  const replaceability = search.replaceability !== "off";
  const epsilon = search.epsilon ?? DEFAULT_EPSILON;
  const params = {
    network: search.network,
    chain: search.chain,
    region,
    replaceability,
    epsilon,
    limit: 100,
  };
  const risk = useComponent("chain.risk", params, { keep: true });
  const unobserved = risk.error instanceof Refusal && risk.error.problem.code === "governance/no-observed-links";
  const shownNetwork = search.network ?? risk.data?.result.label ?? "observed";
  return (
    <PageFrame title={t("risk.title")} question={t("risk.question")}>
      <div className="filters">
        <div className="filter">
          <span className="label">{t("risk.network")}</span>
          <Segmented
            aria-label={t("risk.network")}
            value={shownNetwork}
            onChange={(next) => void navigate({ search: (s) => ({ ...s, network: next === "estimated" ? "estimated" : "observed" }) })}
            options={[
              { value: "observed", label: t("risk.observed") },
              { value: "estimated", label: t("risk.estimated") },
            ]}
          />
        </div>
        <ChainSelect allowAll value={search.chain} onChange={(chain) => void navigate({ search: (s) => ({ ...s, chain }) })} />
        <RegionSelect value={region} onChange={(code) => void navigate({ search: (s) => ({ ...s, region: code }) })} />
        <div className="filter">
          <label htmlFor={switchId} title={t("risk.replaceabilityHelp")}>{t("risk.replaceability")}</label>
          <span style={{ height: 32, display: "flex", alignItems: "center" }}>
            <Switch
              id={switchId}
              checked={replaceability}
              onChange={(on) => void navigate({ search: (s) => ({ ...s, replaceability: on ? undefined : "off" }) })}
            />
          </span>
        </div>
        <div className="filter">
          <label htmlFor={epsilonId}>{t("risk.epsilon")}</label>
          <Select
            id={epsilonId}
            style={{ minWidth: 96 }}
            value={epsilon}
            onChange={(next) => void navigate({ search: (s) => ({ ...s, epsilon: next === DEFAULT_EPSILON ? undefined : next }) })}
            options={EPSILONS.map((e) => ({ value: e, label: e.toExponential(0) }))}
          />
        </div>
      </div>
      {unobserved ? (
        <Card>
          <Empty title={t("risk.none")} hint={t("risk.noneHint")}>
            <Button type="primary" onClick={() => void navigate({ search: (s) => ({ ...s, network: "estimated" }) })}>{t("risk.estimated")}</Button>
          </Empty>
        </Card>
      ) : (
        <Answer query={risk} rows={12}>
        {({ result, provenance, seconds }) => (
          <div className="stack">
            <Results risk={result} replaceability={replaceability} />
            {result.firms.length > 0 ? <Scenario params={params} firms={result.firms} estimated={result.label === "estimated"} /> : null}
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </div>
        )}
      </Answer>
      )}
    </PageFrame>
  );
}

function Results({ risk, replaceability }: { risk: Risk; replaceability: boolean }) {
  const t = useT();
  const palette = usePalette();
  const estimated = risk.label === "estimated";
  return (
    <>
      <Alert
        type={estimated ? "warning" : "info"}
        showIcon
        title={estimated ? t("risk.estimated") : t("risk.observed")}
        description={
          <>
            <p>{estimated ? t("risk.estimatedHelp") : t("risk.observedHelp")}</p>
            {replaceability ? null : <p>{t("risk.replaceabilityHelp")}</p>}
          </>
        }
      />
      <div className="figures">
        <Figure label={t("risk.firms")} value={number(risk.network.firms)} unit={t("common.firmsUnit")} />
        <Figure label={t("risk.links")} value={number(risk.network.links)} unit={t("common.linksUnit")} />
        {risk.evidence.filter((e) => e.links > 0).map((e) => (
          <Figure
            key={e.evidence}
            label={t(`risk.evidence.${e.evidence}`)}
            value={number(e.links)}
            unit={t("common.linksUnit")}
            note={t("risk.volumeShare", { share: percent(e.share, 0) })}
          />
        ))}
      </div>
      <div className="grid-main">
        <Card title={<>{t("risk.topFirms")} {estimated ? <Badge colour={palette.weak}>{t("firms.estimated")}</Badge> : null}</>}>
          <FirmTable risk={risk} />
        </Card>
        <div className="stack">
          {risk.distribution && risk.distribution.length > 0 ? (
            <Card title={t("risk.distribution")}><Distribution risk={risk} /></Card>
          ) : null}
          <Card title={t("risk.method")}>
            <p className="wrap">{text(risk.method)}</p>
            {risk.uncertainty ? <p className="muted wrap" style={{ marginTop: 8 }}>{t("risk.uncertainty")}：{text(risk.uncertainty)}</p> : null}
          </Card>
        </div>
      </div>
    </>
  );
}

export function FirmTable({ risk }: { risk: Risk }) {
  const t = useT();
  const regionName = useRegionName();
  const exact = risk.firms.some((f) => f.esri !== null && f.esri !== undefined);
  return (
    <DataTable
      file={`risk-${risk.label}`}
      label={t("risk.topFirms")}
      rows={risk.firms}
      rowKey={(f) => f.firm}
      pageSize={15}
      empty={<Empty title={t("risk.none")} hint={t("risk.noneHint")} />}
      columns={[
        { key: "rank", title: t("risk.rank"), kind: "count", value: (f) => f.rank, width: 64 },
        {
          key: "firm",
          title: t("risk.firm"),
          head: true,
          value: (f) => f.name ?? f.firm,
          render: (f) => <Link to="/firms/$id" params={{ id: f.firm }}>{f.name ?? f.firm}</Link>,
        },
        ...(exact
          ? [
              { key: "esri", title: t("risk.esri"), kind: "index" as const, value: (f: Risk["firms"][number]) => f.esri ?? null },
              { key: "down", title: t("risk.esriDown"), kind: "index" as const, value: (f: Risk["firms"][number]) => f.esri_down ?? null },
              { key: "up", title: t("risk.esriUp"), kind: "index" as const, value: (f: Risk["firms"][number]) => f.esri_up ?? null },
              { key: "iterations", title: t("risk.iterations"), kind: "count" as const, value: (f: Risk["firms"][number]) => f.iterations ?? null, minor: true },
            ]
          : []),
        { key: "region", title: t("common.region"), value: (f) => regionName(f.region_code) || null },
      ]}
    />
  );
}

function Distribution({ risk }: { risk: Risk }) {
  const t = useT();
  const palette = usePalette();
  const buckets = risk.distribution ?? [];
  const option = useMemo(
    () => ({
      grid: { left: 46, right: 10, top: 12, bottom: 52 },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, renderMode: "richText" },
      xAxis: {
        type: "category",
        data: buckets.map((b) => String(b.bucket)),
        name: t("risk.bucket"),
        nameLocation: "middle",
        nameGap: 34,
        ...axis(palette),
      },
      yAxis: { type: "value", minInterval: 1, ...axis(palette) },
      series: [{ type: "bar", name: t("risk.count"), data: buckets.map((b) => b.count), itemStyle: { color: palette.brand, borderRadius: [3, 3, 0, 0] } }],
    }),
    [buckets, palette, t],
  );
  return <EChart option={option} height={230} label={t("risk.distribution")} />;
}
