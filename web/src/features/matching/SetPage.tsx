// One match set: its runs, the queue, its pairs, its clusters, and the way from any name to all of them.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Tabs } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer } from "../../sdk/States";
import type { MatchSetDetail } from "../../sdk/types";
import { ClusterView } from "./ClusterView";
import { Clusters } from "./Clusters";
import { precision } from "./estimate";
import { Lookup } from "./Lookup";
import { PairCard } from "./PairCard";
import { Pairs } from "./Pairs";
import { Review } from "./Review";
import { Runs } from "./Runs";
import { SetForm } from "./SetForm";

type Tab = "runs" | "review" | "pairs" | "clusters" | "lookup";

export function SetPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/matching/$id" });
  const [writing, setWriting] = useState(false);
  const found = useAsk(["matching", "set", id], () => api.matchSet(id));
  return (
    <PageFrame
      title={found.data?.card.name ?? t("matching.title")}
      question={t("matching.question")}
      crumb={<Link to="/matching">{t("matching.back")}</Link>}
      tools={found.data ? <Button onClick={() => setWriting(true)}>{t("matching.change")}</Button> : undefined}
    >
      <Answer query={found} rows={8}>
        {(detail) => (
          <>
            <Numbers detail={detail} />
            <Parts detail={detail} />
            {writing ? <SetForm before={detail} onClose={() => setWriting(false)} /> : null}
          </>
        )}
      </Answer>
    </PageFrame>
  );
}

function Numbers({ detail }: { detail: MatchSetDetail }) {
  const t = useT();
  const share = detail.estimate.automatic;
  return (
    <div className="figures">
      <Figure label={t("matching.open")} value={number(detail.card.open)} tone={detail.card.open > 0 ? "warn" : undefined} />
      <Figure label={t("matching.clusters")} value={number(detail.card.clusters)} />
      <Figure
        label={t("matching.precision")}
        value={precision(share.value)}
        note={share.low == null ? t("matching.noEstimate") : t("matching.interval", { low: precision(share.low), high: precision(share.high) })}
      />
      <Figure label={t("matching.thresholds")} value={`${number(detail.card.lower, 2)} – ${number(detail.card.upper, 2)}`} />
    </div>
  );
}

function Parts({ detail }: { detail: MatchSetDetail }) {
  const t = useT();
  const search = useSearch({ from: "/shell/matching/$id" });
  const navigate = useNavigate({ from: "/matching/$id" });
  const set = detail.card.id;
  const tab: Tab = search.tab ?? "runs";
  const items = [
    { key: "runs", label: t("matching.tabRuns"), children: <Runs set={set} /> },
    { key: "review", label: t("matching.tabReview"), children: <Review set={set} /> },
    { key: "pairs", label: t("matching.tabPairs"), children: search.pair ? <PairCard id={search.pair} /> : <Pairs set={set} /> },
    { key: "clusters", label: t("matching.tabClusters"), children: search.cluster ? <ClusterView id={search.cluster} /> : <Clusters set={set} /> },
    { key: "lookup", label: t("matching.tabLookup"), children: <Lookup set={set} /> },
  ];
  const open = (key: string) => void navigate({ search: { tab: key === "runs" ? undefined : (key as Exclude<Tab, "runs">) } });
  return <Tabs activeKey={tab} onChange={open} items={items} destroyOnHidden style={{ marginTop: 16 }} />;
}
