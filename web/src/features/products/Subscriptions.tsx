// Who subscribed, how far each is, and subscribing oneself.
import { useMutation } from "@tanstack/react-query";
import { App, Button } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import { WORKING } from "../../shell/Navigation";
import type { OfferDetail, OfferSubscription } from "../../sdk/types";

export function Subscriptions({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const party = useParty();
  const { message } = App.useApp();
  const { card } = detail;
  const works = party !== undefined && WORKING.includes(party.role);
  const found = useAsk(["offers", "subscriptions", card.id], () => api.offerSubscriptions(card.id), { enabled: works });
  const after = async () => {
    await client.invalidateQueries({ queryKey: ["offers", "subscriptions", card.id] });
    void message.success(t("offers.done"));
  };
  const subscribe = useMutation({ mutationFn: () => api.subscribeOffer(card.id), onSuccess: after });
  const end = useMutation({ mutationFn: (row: OfferSubscription) => api.unsubscribeOffer(card.id, row.id), onSuccess: after });
  if (!card.forms.includes("subscription") || !works) return <Empty title={t("offers.notOffered")} hint={t("offers.notOfferedHint")} />;
  const mine = found.data?.items.some((row) => row.account === party.account && !row.ended_at);
  return (
    <>
      <p className="muted">{t("offers.subscriptionHint")}</p>
      {subscribe.isError ? <FailureView error={subscribe.error} /> : null}
      {end.isError ? <FailureView error={end.error} /> : null}
      {card.open && !mine ? <Button type="primary" loading={subscribe.isPending} onClick={() => subscribe.mutate()} style={{ marginBottom: 12 }}>{t("offers.subscribe")}</Button> : null}
      <Answer query={found}>
        {(page) => (
          <DataTable<OfferSubscription>
            label={t("offers.subscribers")}
            rows={page.items}
            rowKey={(row) => row.id}
            empty={<Empty title={t("offers.noSubscribers")} hint={t("offers.noSubscribersHint")} />}
            columns={[
              { key: "account", title: t("offers.account"), head: true, value: (row) => row.organisation ?? row.account },
              { key: "position", title: t("offers.position"), kind: "count", value: (row) => row.position },
              { key: "newest", title: t("offers.newest"), kind: "count", value: (row) => row.newest },
              { key: "lag", title: t("offers.lag"), value: (row) => lagOf(row, t) },
              { key: "acknowledged", title: t("offers.acknowledged"), kind: "instant", value: (row) => row.acknowledged_at },
              {
                key: "end",
                title: t("common.actions"),
                value: () => null,
                render: (row) => (row.account === party.account && !row.ended_at ? <Button size="small" onClick={() => end.mutate(row)}>{t("offers.unsubscribe")}</Button> : null),
              },
            ]}
          />
        )}
      </Answer>
    </>
  );
}

function lagOf(row: OfferSubscription, t: ReturnType<typeof useT>): string {
  if (row.ended_at) return t("offers.ended");
  return row.behind_since ? t("offers.since", { at: instant(row.behind_since) }) : t("offers.upToDate");
}
