// Exchange with other nodes: what comes in, what goes out, how complete and how late each is.
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Popconfirm, Space, Tag } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import * as format from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, Figure, Meter, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { ExchangeSubscription } from "../../sdk/types";
import { Deliveries } from "./Deliveries";
import { SubscribeForm } from "./SubscribeForm";

const COLOURS: Record<ExchangeSubscription["state"], string> = {
  proposed: "warning", requested: "processing", active: "success", refused: "error", revoked: "default", ended: "default",
};

export function ExchangePage() {
  const t = useT();
  const [writing, setWriting] = useState(false);
  const [shown, setShown] = useState<ExchangeSubscription | null>(null);
  const party = useParty();
  const manages = party?.role === "system_administrator";
  const found = useAsk(["exchange"], api.exchange);
  const again = () => client.invalidateQueries({ queryKey: ["exchange"] });
  const run = useMutation({
    mutationFn: (one: ExchangeSubscription) => api.runExchange(one.id),
    onSuccess: async (_, one) => {
      setShown(one);
      await again();
    },
  });
  const revoke = useMutation({ mutationFn: (one: ExchangeSubscription) => api.revokeExchange(one.id), onSuccess: again });
  const failed = [run, revoke].find((step) => step.isError);
  const actions = (one: ExchangeSubscription) => (
    <Space wrap>
      {manages && one.drives && one.state === "active" ? (
        <Button size="small" loading={run.isPending && run.variables?.id === one.id} onClick={() => run.mutate(one)}>{t("exchange.run")}</Button>
      ) : null}
      <Button size="small" onClick={() => setShown(one)}>{t("exchange.deliveries")}</Button>
      {manages && one.side === "consumer" && ["proposed", "requested", "active"].includes(one.state) ? (
        <Popconfirm title={t("exchange.revokeAsk", { target: one.target })} okText={t("exchange.revoke")} cancelText={t("common.cancel")} onConfirm={() => revoke.mutate(one)}>
          <Button size="small" danger>{t("exchange.revoke")}</Button>
        </Popconfirm>
      ) : null}
      {party?.role === "security_administrator" && one.side === "provider" ? <Link to="/requests">{t("exchange.toRequest")}</Link> : null}
    </Space>
  );
  return (
    <PageFrame
      title={t("exchange.title")}
      question={t("exchange.question")}
      tools={manages ? <Button type="primary" onClick={() => setWriting(true)}>{t("exchange.subscribe")}</Button> : undefined}
    >
      {failed ? <FailureView error={failed.error} /> : null}
      <Answer query={found} rows={8}>
        {(all) => (
          <>
            <Summary all={all} />
            {(["consumer", "provider"] as const).map((side) => (
              <Card key={side} label={t(side === "consumer" ? "exchange.incoming" : "exchange.outgoing")} title={t(side === "consumer" ? "exchange.incoming" : "exchange.outgoing")}>
                <DataTable<ExchangeSubscription>
                  label={t(side === "consumer" ? "exchange.incoming" : "exchange.outgoing")}
                  file={`exchange-${side}`}
                  rows={all.filter((one) => one.side === side)}
                  rowKey={(one) => one.id}
                  loading={found.isFetching}
                  empty={
                    side === "consumer"
                      ? <Empty title={t("exchange.noneIn")} hint={t("exchange.noneInHint")} />
                      : <Empty title={t("exchange.noneOut")} hint={t("exchange.noneOutHint")} />
                  }
                  columns={[
                    {
                      key: "dataset",
                      title: t("exchange.dataset"),
                      head: true,
                      value: (one) => one.dataset,
                      render: (one) => (
                        <span style={{ display: "inline-block", whiteSpace: "normal", overflowWrap: "anywhere" }}>
                          <b>{one.dataset}</b> → {one.target}
                          <div className="muted">{one.peer} · {t(`exchange.directionOf.${one.direction === "push" ? "push" : "pull"}`)} · {t(`exchange.modeOf.${one.terms.mode}`)}</div>
                        </span>
                      ),
                    },
                    { key: "state", title: t("common.state"), value: (one) => one.state, render: (one) => <SubscriptionState one={one} /> },
                    {
                      key: "completeness",
                      title: t("exchange.completeness"),
                      kind: "percent",
                      value: (one) => one.completeness ?? null,
                      render: (one) => (one.completeness === null || one.completeness === undefined ? t("exchange.unknown") : <Meter value={one.completeness} shown={format.percent(one.completeness)} />),
                    },
                    { key: "lag", title: t("exchange.lag"), value: (one) => one.lag_seconds ?? null, render: (one) => <Lag one={one} /> },
                    { key: "last", title: t("exchange.lastAt"), kind: "instant", value: (one) => one.delivered_at ?? null },
                    { key: "next", title: t("exchange.nextAt"), kind: "instant", value: (one) => one.next_run_at ?? null, minor: true },
                    { key: "actions", title: t("common.actions"), sortable: false, value: () => null, render: actions },
                  ]}
                />
              </Card>
            ))}
          </>
        )}
      </Answer>
      {writing ? <SubscribeForm onClose={() => setWriting(false)} /> : null}
      {shown ? <Deliveries subscription={shown} onClose={() => setShown(null)} /> : null}
    </PageFrame>
  );
}

function Summary({ all }: { all: ExchangeSubscription[] }) {
  const t = useT();
  const active = all.filter((one) => one.state === "active");
  const late = active.filter((one) => one.late_since).length;
  const shares = active.flatMap((one) => (one.completeness === null || one.completeness === undefined ? [] : [one.completeness]));
  const least = shares.length > 0 ? Math.min(...shares) : null;
  return (
    <div className="figures">
      <Figure label={t("exchange.active")} value={format.number(active.length)} />
      <Figure label={t("exchange.late")} value={format.number(late)} tone={late > 0 ? "bad" : "good"} />
      <Figure label={t("exchange.least")} value={format.percent(least)} note={t("exchange.leastNote")} />
    </div>
  );
}

function SubscriptionState({ one }: { one: ExchangeSubscription }) {
  const t = useT();
  const failure = one.failure;
  return (
    <span style={{ display: "inline-block", whiteSpace: "normal" }}>
      <Tag color={COLOURS[one.state]}>{t(`exchange.stateOf.${one.state}`)}</Tag>
      {one.reason ? <div className="muted">{one.reason}</div> : null}
      {failure ? <div className="muted">{text(failure.detail)} {failure.hint ? text(failure.hint) : ""}</div> : null}
    </span>
  );
}

function Lag({ one }: { one: ExchangeSubscription }) {
  const t = useT();
  if (one.lag_seconds === null || one.lag_seconds === undefined) return <>{t("exchange.unknown")}</>;
  if (one.lag_seconds === 0) return <>{t("exchange.onTime")}</>;
  return (
    <span style={{ display: "inline-block", whiteSpace: "normal" }}>
      {one.late_since ? <Tag color="error">{format.seconds(one.lag_seconds)}</Tag> : format.seconds(one.lag_seconds)}
      <div className="muted">{t("exchange.versionsBehind", { n: one.versions_behind ?? 0 })}</div>
    </span>
  );
}
