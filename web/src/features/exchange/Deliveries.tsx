// Deliveries of a subscription, newest first: what was counted on both sides, and what went wrong.
import { useMutation } from "@tanstack/react-query";
import { Button, Drawer, Tag } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { DataTable } from "../../sdk/DataTable";
import * as format from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { ExchangeDelivery, ExchangeSubscription } from "../../sdk/types";

const PAGE_SIZE = 20;
const COLOURS: Record<string, string> = { open: "processing", verified: "processing", published: "success", refused: "error" };

export function Deliveries({ subscription, onClose }: { subscription: ExchangeSubscription; onClose: () => void }) {
  const t = useT();
  const [page, setPage] = useState(1);
  const found = useAsk(["exchange", subscription.id, "deliveries", page], () => api.exchangeDeliveries(subscription.id, { page, page_size: PAGE_SIZE }));
  const documents = useMutation({
    mutationFn: (delivery: ExchangeDelivery) => api.exchangeDocuments(delivery.id),
    onSuccess: (both, delivery) => download(`exchange-${delivery.id}.json`, JSON.stringify(both, null, 2), "application/json"),
  });
  const states = ["open", "verified", "published", "refused"] as const;
  const title = t("exchange.deliveriesOf", { target: subscription.target });
  return (
    <Drawer open size="large" onClose={onClose} title={title} extra={<Button loading={found.isFetching} onClick={() => void found.refetch()}>{t("exchange.refresh")}</Button>}>
      {documents.isError ? <FailureView error={documents.error} /> : null}
      <Answer query={found} rows={6}>
        {(deliveries) => (
          <DataTable<ExchangeDelivery>
            label={title}
            file="exchange-deliveries"
            rows={deliveries.items}
            rowKey={(one) => one.id}
            paging={{ page, pageSize: PAGE_SIZE, total: deliveries.total, onChange: setPage }}
            empty={<Empty title={t("exchange.noDeliveries")} hint={t("exchange.noDeliveriesHint")} />}
            columns={[
              { key: "started", title: t("exchange.started"), kind: "instant", head: true, value: (one) => one.started_at },
              {
                key: "state",
                title: t("common.state"),
                value: (one) => one.state,
                render: (one) => {
                  const known = states.find((state) => state === one.state);
                  return <Tag color={COLOURS[one.state]}>{known ? t(`exchange.deliveryOf.${known}`) : one.state}</Tag>;
                },
              },
              { key: "mode", title: t("exchange.mode"), value: (one) => one.mode, render: (one) => t(`exchange.modeOf.${one.mode === "full" ? "full" : "changes"}`) },
              { key: "rows", title: t("exchange.rows"), value: (one) => one.rows_done, render: (one) => `${format.number(one.rows_done)} / ${format.number(one.rows)}` },
              { key: "batches", title: t("exchange.batches"), value: (one) => one.batches_done, render: (one) => `${format.number(one.batches_done)} / ${format.number(one.batches)}` },
              { key: "bytes", title: t("exchange.bytes"), value: (one) => one.bytes_done, render: (one) => format.bytes(one.bytes_done) },
              { key: "hash", title: t("exchange.hash"), value: (one) => one.content_hash, render: (one) => <span className="mono" title={one.content_hash}>{one.content_hash.slice(0, 17)}…</span>, minor: true },
              {
                key: "receipt",
                title: t("exchange.receipt"),
                value: (one) => one.has_receipt,
                render: (one) => (
                  <Button size="small" loading={documents.isPending && documents.variables?.id === one.id} onClick={() => documents.mutate(one)}>
                    {t("exchange.download")}
                  </Button>
                ),
              },
              {
                key: "trouble",
                title: t("exchange.trouble"),
                value: (one) => (one.failure ? text(one.failure.detail) : null),
                render: (one) => <Notes one={one} />,
              },
            ]}
          />
        )}
      </Answer>
    </Drawer>
  );
}

function Notes({ one }: { one: ExchangeDelivery }) {
  const t = useT();
  if (!one.failure && !one.why_full && one.withheld.length === 0) return <>{format.DASH}</>;
  return (
    <span style={{ display: "inline-block", minWidth: 200, whiteSpace: "normal" }}>
      {one.failure ? <div>{text(one.failure.detail)} {one.failure.hint ? <span className="muted">{text(one.failure.hint)}</span> : null}</div> : null}
      {one.why_full ? <div className="muted">{text(one.why_full)}</div> : null}
      {one.withheld.length > 0 ? <div className="muted">{t("exchange.withheld", { names: one.withheld.join("、") })}</div> : null}
    </span>
  );
}
