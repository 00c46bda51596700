// Where a chain breaks, why, and what to do first (强补延固).
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Segmented } from "antd";
import { useMemo } from "react";
import { GAP_ACTIONS, GAP_STATES, type Gap, type GapNode, type GapState, type Stage } from "../../sdk/components";
import { DataTable } from "../../sdk/DataTable";
import { axis, EChart } from "../../sdk/EChart";
import { DASH, number, percent } from "../../sdk/format";
import { sentences, text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, Meter, PageFrame } from "../../sdk/Page";
import { ChainSelect, RegionSelect, useChain, useFocusRegion } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty, Waiting } from "../../sdk/States";
import { usePalette, usePhone } from "../../shell/preferences";
import type { Palette } from "../../shell/theme";

/** What a step is shown as: where no firm anywhere is on record, the node cannot say that it is missing. */
export type ShownState = GapState | "unknown";
const SHOWN_STATES: readonly ShownState[] = [...GAP_STATES, "unknown"];

export function shownState(node: GapNode): ShownState {
  return node.known ? node.state : "unknown";
}

export function stateColour(state: ShownState, palette: Palette): string {
  return { ok: palette.ok, weak: palette.weak, choke: palette.choke, break: palette.gap, insufficient: palette.series[3] ?? palette.ink3, unknown: palette.ink3 }[state];
}

const STAGES: Stage[] = ["upstream", "midstream", "downstream"];

export function GapBoard() {
  const t = useT();
  const search = useSearch({ from: "/shell/gap" });
  const navigate = useNavigate({ from: "/gap" });
  const { chain, chains } = useChain(search.chain);
  const { region, ready } = useFocusRegion(search.region, chain);
  const compare = search.compare === "all" ? undefined : search.compare;
  const gap = useComponent("chain.gap", { chain: chain ?? "", region, compare }, { enabled: chain !== undefined && ready, keep: true });
  return (
    <PageFrame title={t("gap.title")} question={t("gap.question")}>
      <div className="filters">
        <ChainSelect value={chain} onChange={(id) => void navigate({ search: (s) => ({ ...s, chain: id }) })} />
        <RegionSelect value={region} onChange={(code) => void navigate({ search: (s) => ({ ...s, region: code }) })} />
        <RegionSelect label={t("gap.compare")} value={compare} onChange={(code) => void navigate({ search: (s) => ({ ...s, compare: code }) })} />
      </div>
      {chain === undefined ? (
        <Answer query={chains} rows={12}>{() => <Card><Empty title={t("gap.needChain")} hint={t("home.noChainsHint")} /></Card>}</Answer>
      ) : null}
      {chain !== undefined && !ready && gap.data === undefined ? <Waiting rows={12} /> : null}
      <Answer query={gap} rows={12}>
        {({ result, provenance, seconds }) => (
          <div className="stack">
            {region === undefined && compare === undefined ? <Alert type="info" showIcon title={t("gap.selfCompare")} /> : null}
            <Board
              gap={result}
              chain={chain ?? ""}
              region={region ?? "all"}
              state={search.state}
              onState={(state) => void navigate({ search: (s) => ({ ...s, state }), replace: true })}
            />
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function Board({
  gap,
  chain,
  region,
  state,
  onState,
}: {
  gap: Gap;
  chain: string;
  region: string | undefined;
  state: string | undefined;
  onState: (state: string | undefined) => void;
}) {
  const t = useT();
  const counts = new Map<ShownState, number>();
  for (const node of gap.nodes) counts.set(shownState(node), (counts.get(shownState(node)) ?? 0) + 1);
  const tone = { break: "bad", choke: "warn", weak: undefined, insufficient: undefined, ok: "good", unknown: undefined } as const;
  const [low, high] = gap.interval ?? [null, null];
  return (
    <>
      <div className="figures">
        <Figure label={t("gap.completeness")} value={percent(gap.completeness)} note={
            <>
              {gap.region_name}
              {low !== null && high !== null ? ` · ${t("gap.interval", { low: percent(low, 0), high: percent(high, 0) })}` : ""}
            </>
          }
        />
        {SHOWN_STATES.filter((s) => s !== "unknown" || counts.has(s)).map((s) => (
          <Figure
            key={s}
            label={t(`gap.state.${s}`)}
            value={number(counts.get(s) ?? 0)}
            unit={t("common.itemsUnit")}
            note={t(`gap.stateHelp.${s}`)}
            tone={tone[s]}
            onClick={() => onState(state === s ? undefined : s)}
          />
        ))}
      </div>
      <div className="grid2">
        <Card title={t("gap.formula")}>
          <p className="formula">{text(gap.formula)}</p>
          {gap.uncertainty ? <p className="muted" style={{ marginTop: 8 }}>{t("gap.uncertainty")}：{text(gap.uncertainty)}</p> : null}
        </Card>
        <Card title={t("gap.distribution")}>
          <Distribution nodes={gap.nodes} onState={onState} />
        </Card>
      </div>
      <Card title={t("gap.lists")}>
        <Lists gap={gap} chain={chain} region={region} />
      </Card>
      <Nodes gap={gap} chain={chain} region={region} state={state} onState={onState} />
    </>
  );
}

function Distribution({ nodes, onState }: { nodes: GapNode[]; onState: (state: string | undefined) => void }) {
  const t = useT();
  const palette = usePalette();
  const option = useMemo(
    () => ({
      grid: { left: 48, right: 12, top: 8, bottom: 48 },
      legend: { bottom: 0, textStyle: { color: palette.ink2 }, itemWidth: 12, itemHeight: 12 },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, renderMode: "richText" },
      xAxis: { type: "value", minInterval: 1, ...axis(palette) },
      yAxis: { type: "category", inverse: true, data: STAGES.map((s) => t(`stage.${s}`)), ...axis(palette) },
      series: SHOWN_STATES.filter((s) => nodes.some((n) => shownState(n) === s)).map((state) => ({
        type: "bar",
        stack: "all",
        name: t(`gap.state.${state}`),
        barMaxWidth: 26,
        itemStyle: { color: stateColour(state, palette) },
        data: STAGES.map((stage) => nodes.filter((n) => n.stage === stage && shownState(n) === state).length),
      })),
    }),
    [nodes, palette, t],
  );
  return (
    <EChart
      option={option}
      height={190}
      label={t("gap.distribution")}
      onClick={({ seriesName }) => onState(SHOWN_STATES.find((s) => t(`gap.state.${s}`) === seriesName))}
    />
  );
}

function Lists({ gap, chain, region }: { gap: Gap; chain: string; region: string | undefined }) {
  const t = useT();
  return (
    <div className="tiles" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))" }}>
      {GAP_ACTIONS.map((action) => {
        const items = gap.lists[action] ?? [];
        return (
          <section key={action} aria-label={t(`gap.action.${action}`)}>
            <h3 style={{ fontSize: 15 }}>{t(`gap.action.${action}`)} <span className="muted">{number(items.length)}</span></h3>
            <p className="muted" style={{ fontSize: 12.5, marginBottom: 6 }}>{t(`gap.actionHelp.${action}`)}</p>
            {items.length === 0 ? <p className="muted">{t("gap.emptyList")}</p> : null}
            <ul>
              {items.slice(0, 8).map((item) => (
                <li key={item.product} style={{ padding: "3px 0" }}>
                  <Link to="/candidates" search={{ chain, product: item.product, region }} title={text(item.reason)}>
                    {item.product}
                  </Link>
                  <div className="muted" style={{ fontSize: 12.5 }}>{text(item.reason)}</div>
                </li>
              ))}
            </ul>
            {items.length > 8 ? <p className="muted">{t("gap.moreBelow", { n: number(items.length - 8) })}</p> : null}
          </section>
        );
      })}
    </div>
  );
}

function Nodes({
  gap,
  chain,
  region,
  state,
  onState,
}: {
  gap: Gap;
  chain: string;
  region: string | undefined;
  state: string | undefined;
  onState: (state: string | undefined) => void;
}) {
  const t = useT();
  const palette = usePalette();
  const phone = usePhone();
  const rows = useMemo(() => {
    const order = new Map(SHOWN_STATES.map((s, at) => [s, at]));
    return gap.nodes
      .filter((n) => state === undefined || shownState(n) === state)
      .sort((a, b) => (order.get(shownState(a)) ?? 9) - (order.get(shownState(b)) ?? 9) || b.weight - a.weight);
  }, [gap, state]);
  return (
    <Card
      title={t("gap.nodes")}
      tools={
        <Segmented
          size={phone ? "small" : "middle"}
          aria-label={t("common.state")}
          value={state ?? "all"}
          onChange={(next) => onState(next === "all" ? undefined : String(next))}
          options={[{ value: "all", label: t("common.all") }, ...SHOWN_STATES.map((s) => ({ value: s, label: t(`gap.state.${s}`) }))]}
        />
      }
    >
      <DataTable
        file={`gap-${chain}`}
        label={t("gap.nodes")}
        rows={rows}
        rowKey={(n) => n.product}
        columns={[
          {
            key: "product",
            title: t("common.product"),
            value: (n) => n.product,
            render: (n) => (
              <Link to="/candidates" search={{ chain, product: n.product, region }} title={t("gap.findCandidates")}>
                {n.product}
              </Link>
            ),
          },
          {
            key: "state",
            title: t("common.state"),
            value: (n) => t(`gap.state.${shownState(n)}`),
            render: (n) => <Badge colour={stateColour(shownState(n), palette)}>{t(`gap.state.${shownState(n)}`)}</Badge>,
          },
          {
            key: "reasons",
            title: t("common.reason"),
            sortable: false,
            value: (n) => sentences(n.reasons),
            render: (n) => <span style={{ display: "inline-block", maxWidth: 320, whiteSpace: "normal" }}>{sentences(n.reasons) || DASH}</span>,
          },
          { key: "action", title: t("gap.measure"), value: (n) => (n.action ? t(`gap.action.${n.action}`) : DASH) },
          {
            key: "presence",
            title: t("gap.presence"),
            kind: "percent",
            value: (n) => n.presence,
            render: (n) => <Meter value={n.presence} shown={percent(n.presence, 0)} colour={stateColour(shownState(n), palette)} />,
          },
          { key: "firms", title: t("gap.firmsHere"), kind: "count", value: (n) => n.firms },
          { key: "elsewhere", title: t("gap.firmsElsewhere"), kind: "count", value: (n) => n.firms_elsewhere },
          { key: "stage", title: t("gap.stage"), value: (n) => (n.stage ? t(`stage.${n.stage}`) : DASH), minor: true },
          { key: "lq", title: t("gap.lq"), kind: "decimal", value: (n) => n.lq ?? null, minor: true },
          { key: "hhi", title: t("gap.hhi"), kind: "decimal", value: (n) => n.hhi ?? null, minor: true },
          { key: "density", title: t("gap.density"), kind: "decimal", value: (n) => n.density ?? null, minor: true },
          { key: "capacity", title: t("gap.capacity"), kind: "decimal", value: (n) => n.capacity_proxy, minor: true },
          { key: "need", title: t("gap.need"), kind: "decimal", value: (n) => n.need_proxy, minor: true },
          { key: "external", title: t("gap.external"), kind: "percent", value: (n) => (n.known ? n.external_share : null), minor: true },
          { key: "pci", title: t("gap.pci"), kind: "decimal", value: (n) => n.pci ?? null, minor: true },
          { key: "position", title: t("firms.position"), kind: "decimal", value: (n) => n.position, minor: true },
          { key: "weight", title: t("common.weight"), kind: "index", value: (n) => n.weight, minor: true },
        ]}
      />
    </Card>
  );
}
