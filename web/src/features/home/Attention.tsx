// What each role should look at first, from the node's own answers.
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DASH, number, percent } from "../../sdk/format";
import { sentences, text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure } from "../../sdk/Page";
import { ChainSelect, RegionSelect, useChain, useFocusRegion } from "../../sdk/Pickers";
import { type Question, useAsk, useComponent } from "../../sdk/query";
import { Answer, Empty, useFailureWords, Waiting } from "../../sdk/States";
import { usePalette } from "../../shell/preferences";
import { shownState, type ShownState } from "../gap/GapBoard";
import { RunTable } from "../data/RunTable";

/** Government and industry: how whole is the chain here, and which breaks weigh most. */
export function ChainAttention() {
  const t = useT();
  const navigate = useNavigate();
  const palette = usePalette();
  const [asked, setAsked] = useState<string>();
  const { chain, chains } = useChain(asked);
  const [place, setPlace] = useState<string>();
  const { region, ready } = useFocusRegion(place, chain);
  const gap = useComponent("chain.gap", { chain: chain ?? "", region }, { enabled: chain !== undefined && ready, keep: true });
  if (chain === undefined) {
    return (
      <Answer query={chains} rows={4}>
        {() => (
          <Card>
            <Empty title={t("home.noChains")} hint={t("home.noChainsHint")}><Link to="/data/ingest">{t("nav.ingest")}</Link></Empty>
          </Card>
        )}
      </Answer>
    );
  }
  return (
    <div className="stack">
      <div className="filters" style={{ marginBottom: 0 }}>
        <ChainSelect value={chain} onChange={setAsked} />
        <RegionSelect value={region} onChange={setPlace} />
      </div>
      {ready || gap.data !== undefined ? null : <Waiting rows={4} />}
      <Answer query={gap} rows={4}>
        {({ result }) => {
          const here = region ?? "all";
          const of = (state: ShownState) => result.nodes.filter((n) => shownState(n) === state);
          const open = (state: "break" | "choke" | "weak") => () => void navigate({ to: "/gap", search: { chain, state, region: here } });
          const worst = of("break").sort((a, b) => b.weight - a.weight).slice(0, 6);
          return (
            <>
              <div className="figures">
                <Figure label={t("home.stat.completeness")} value={percent(result.completeness)} note={result.region_name} onClick={() => void navigate({ to: "/gap", search: { chain, region: here } })} />
                <Figure label={t("home.stat.breaks")} value={number(of("break").length)} unit={t("common.itemsUnit")} tone="bad" onClick={open("break")} />
                <Figure label={t("home.stat.chokes")} value={number(of("choke").length)} unit={t("common.itemsUnit")} tone="warn" onClick={open("choke")} />
                <Figure label={t("home.stat.weak")} value={number(of("weak").length)} unit={t("common.itemsUnit")} onClick={open("weak")} />
              </div>
              {worst.length > 0 ? (
                <Card title={t("home.breaksHere")}>
                  <ul>
                    {worst.map((n) => (
                      <li key={n.product} style={{ display: "flex", gap: 12, flexWrap: "wrap", padding: "7px 0", borderBottom: "1px solid var(--line)" }}>
                        <Link to="/candidates" search={{ chain, product: n.product, region: here }}>{n.product}</Link>
                        <Badge colour={palette.gap}>{t("gap.state.break")}</Badge>
                        <span className="muted">{sentences(n.reasons)}</span>
                      </li>
                    ))}
                  </ul>
                </Card>
              ) : null}
            </>
          );
        }}
      </Answer>
    </div>
  );
}

/** Enterprise: what the brain knows of us, and how good that record is. */
export function EnterpriseAttention({ organisation }: { organisation: string }) {
  const t = useT();
  const navigate = useNavigate();
  const profile = useComponent("enterprise.profile", { enterprise_id: organisation });
  const open = () => void navigate({ to: "/firms/$id", params: { id: organisation } });
  return (
    <Answer query={profile} rows={3}>
      {({ result }) => {
        const failed = result.quality.checks.filter((c) => !c.ok);
        return (
          <div className="stack">
            <div className="figures">
              <Figure label={t("home.stat.quality")} value={percent(result.quality.score, 0)} onClick={open} />
              <Figure label={t("home.stat.products")} value={number(result.products.length)} unit={t("common.itemsUnit")} onClick={open} />
              <Figure label={t("home.stat.suppliers")} value={number(result.suppliers.length)} unit={t("common.firmsUnit")} onClick={open} />
              <Figure label={t("home.stat.customers")} value={number(result.customers.length)} unit={t("common.firmsUnit")} onClick={open} />
            </div>
            {failed.length > 0 ? (
              <Card title={t("home.failedChecks")}>
                <ul>{failed.map((c) => <li key={text(c.name)}>{text(c.name)}</li>)}</ul>
              </Card>
            ) : null}
          </div>
        );
      }}
    </Answer>
  );
}

/** A number of one question to the node; it waits and fails by itself, the others beside it do not. */
function Count<D>({ query, label, unit, count, tone, onClick }: {
  query: Question<D>;
  label: string;
  unit: string;
  count: (data: D) => number | null | undefined;
  /** How a number above zero looks. */
  tone?: "warn" | "bad";
  onClick: () => void;
}) {
  const t = useT();
  const words = useFailureWords();
  const found = query.data === undefined ? undefined : (count(query.data) ?? undefined);
  const waiting = query.data === undefined && !query.isError;
  return (
    <Figure
      label={label}
      value={waiting ? <span aria-busy="true"><span className="sr">{t("common.loading")}</span>…</span> : found === undefined ? DASH : number(found)}
      unit={found === undefined ? undefined : unit}
      note={query.data === undefined && query.isError ? `${t("common.unread")} · ${words(query.error)[0]}` : undefined}
      tone={found ? tone : undefined}
      onClick={onClick}
    />
  );
}

/** Author: what is there to build on. */
export function AuthorAttention() {
  const t = useT();
  const navigate = useNavigate();
  const components = useAsk(["components"], api.components);
  const datasets = useAsk(["datasets", "all"], () => api.datasets({ page: 1, page_size: 500 }));
  return (
    <div className="figures">
      <Count query={components} label={t("home.stat.components")} count={(found) => found.length} unit={t("common.piecesUnit")} onClick={() => void navigate({ to: "/components" })} />
      <Count query={datasets} label={t("home.stat.datasets")} count={(found) => found.total} unit={t("common.piecesUnit")} onClick={() => void navigate({ to: "/data" })} />
    </div>
  );
}

/** Security administrator: who waits for an approval, and what is granted. */
export function SecurityAttention() {
  const t = useT();
  const navigate = useNavigate();
  const accounts = useAsk(["accounts"], api.accounts);
  const grants = useAsk(["grants"], api.grants);
  const open = () => void navigate({ to: "/accounts" });
  return (
    <div className="figures">
      <Count query={accounts} label={t("home.stat.accounts")} count={(found) => found.total} unit={t("common.piecesUnit")} onClick={open} />
      <Count query={grants} label={t("accounts.tabGrants")} count={(found) => found.total} unit={t("common.piecesUnit")} onClick={open} />
    </div>
  );
}

/** Auditor: is the log there to be read. */
export function AuditorAttention() {
  const t = useT();
  const navigate = useNavigate();
  const head = useAsk(["evidence-head"], api.evidenceHead);
  const accounts = useAsk(["accounts"], api.accounts);
  return (
    <div className="figures">
      <Count query={head} label={t("home.stat.evidenceSize")} count={(found) => found.size} unit={t("common.entriesUnit")} onClick={() => void navigate({ to: "/evidence" })} />
      <Count query={accounts} label={t("home.stat.accounts")} count={(found) => found.total} unit={t("common.piecesUnit")} onClick={() => void navigate({ to: "/accounts" })} />
    </div>
  );
}

/** System administrator: does the node do its work. */
export function SystemAttention() {
  const t = useT();
  const navigate = useNavigate();
  const runs = useAsk(["runs"], api.ingestRuns);
  const accounts = useAsk(["accounts"], api.accounts);
  const datasets = useAsk(["datasets", "all"], () => api.datasets({ page: 1, page_size: 500 }));
  return (
    <div className="stack">
      <div className="figures">
        <Count
          query={runs}
          label={t("home.stat.failedRuns")}
          count={(page) => page.items.filter((run) => run.state === "failed").length}
          unit={t("common.timesUnit")}
          tone="bad"
          onClick={() => void navigate({ to: "/data/ingest" })}
        />
        <Count
          query={runs}
          label={t("home.stat.quarantined")}
          count={(page) => page.items.reduce((n, run) => n + (run.rows_quarantined ?? run.report?.rows_quarantined ?? 0), 0)}
          unit={t("common.rowsUnit")}
          tone="warn"
          onClick={() => void navigate({ to: "/data/ingest" })}
        />
        <Count query={datasets} label={t("home.stat.datasets")} count={(found) => found.total} unit={t("common.piecesUnit")} onClick={() => void navigate({ to: "/data" })} />
        <Count query={accounts} label={t("home.stat.accounts")} count={(found) => found.total} unit={t("common.piecesUnit")} onClick={() => void navigate({ to: "/accounts" })} />
      </div>
      <Card title={t("home.lastRuns")}>
        <Answer query={runs}>
          {(page) => <RunTable runs={page.items.slice(0, 5)} onOpen={(id) => void navigate({ to: "/data/ingest", search: { run: id } })} />}
        </Answer>
      </Card>
    </div>
  );
}
