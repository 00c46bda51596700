// One data product: what it is, whether its promise is kept, how to call it, and what one agrees to.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant, number, percent } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, Figure, PageFrame } from "../../sdk/Page";
import { Parts } from "../../sdk/Parts";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { OfferDetail, OfferField, OfferVersion } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";
import { RequestForm } from "../requests/RequestAccess";
import { Calling } from "./Calling";
import { ContractView } from "./ContractView";
import { Preview } from "./Preview";
import { UsageView } from "./ProductUsage";
import { Subscriptions } from "./Subscriptions";
import { useOwnerName } from "./names";

export function ProductPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/products/$id" });
  const search = useSearch({ from: "/shell/products/$id" });
  const navigate = useNavigate({ from: "/products/$id" });
  const detail = useAsk(["offers", "one", id], () => api.offer(id));
  const card = detail.data?.card;
  return (
    <PageFrame
      title={card ? text(card.title) || id : id}
      question={card ? text(card.description) : undefined}
      crumb={<><Link to="/products">{t("offers.title")}</Link> / <span className="mono">product.{id}</span></>}
      tools={detail.data ? <Tools detail={detail.data} /> : undefined}
    >
      <Answer query={detail} rows={12}>
        {(found) => (
          <div className="stack">
            {found.card.state === "withdrawn" ? <Alert type="warning" showIcon title={t("offers.withdrawnHint")} /> : null}
            {found.card.state === "deprecated" ? <Alert type="info" showIcon title={t("offers.deprecatedHint")} /> : null}
            <Figures detail={found} />
            <Card label={t("offers.title")}>
              <Parts
                label={t("offers.title")}
                shown={search.tab ?? "fields"}
                onShow={(tab) => void navigate({ search: { tab: tab === "fields" ? undefined : tab }, replace: true })}
                parts={[
                  { key: "fields", label: `${t("offers.fields")} ${found.fields.length}`, children: <Fields detail={found} /> },
                  { key: "contract", label: t("offers.contract"), children: <ContractView detail={found} /> },
                  { key: "calling", label: t("offers.calling"), children: <Calling detail={found} /> },
                  { key: "preview", label: t("offers.preview"), children: <Preview detail={found} /> },
                  { key: "versions", label: `${t("offers.versions")} ${found.versions.length}`, children: <Versions versions={found.versions} /> },
                  { key: "subscriptions", label: t("offers.subscribers"), children: <Subscriptions detail={found} /> },
                  ...(found.card.own ? [{ key: "usage", label: t("offers.usage"), children: <UsageView product={id} /> }] : []),
                ]}
              />
            </Card>
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function Tools({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const [asking, setAsking] = useState(false);
  const [ending, setEnding] = useState<"deprecate" | "withdraw" | null>(null);
  const { card } = detail;
  if (!card.own) {
    const takes = card.state === "published";
    const wanted = {
      card: { name: `product.${card.id}`, title: card.title },
      columns: detail.fields.map((field) => ({ name: field.name, title: field.title })),
      purposes: detail.contract?.purposes,
    };
    return (
      <>
        <Button type={card.open ? "default" : "primary"} disabled={!takes} onClick={() => setAsking(true)} data-testid="request-product">{t("offers.request")}</Button>
        {asking ? <RequestForm detail={wanted} onClose={() => setAsking(false)} /> : null}
      </>
    );
  }
  if (card.state === "withdrawn") return null;
  return (
    <>
      <Link to="/products/new" search={{ id: card.id }}><Button tabIndex={-1}>{t("offers.edit")}</Button></Link>
      {card.state === "published" ? <Button onClick={() => setEnding("deprecate")}>{t("offers.deprecate")}</Button> : null}
      <Button danger onClick={() => setEnding("withdraw")} data-testid="withdraw-product">{t("offers.withdraw")}</Button>
      {ending ? <Ending detail={detail} step={ending} onClose={() => setEnding(null)} /> : null}
    </>
  );
}

function Ending({ detail, step, onClose }: { detail: OfferDetail; step: "deprecate" | "withdraw"; onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [note, setNote] = useState("");
  const end = useMutation({
    mutationFn: () => api.endOffer(detail.card.id, step, detail.revision, note),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["offers"] });
      void message.success(t("offers.done"));
      onClose();
    },
  });
  return (
    <Modal open title={t("offers.endTitle", { id: detail.card.id })} onCancel={onClose} onOk={() => end.mutate()} okText={t(`offers.${step}`)} okButtonProps={{ danger: true, disabled: note.trim() === "" }} confirmLoading={end.isPending} cancelText={t("common.cancel")}>
      {end.isError ? <FailureView error={end.error} /> : null}
      <label>
        {t("offers.reason")}
        <Input.TextArea rows={3} maxLength={1000} value={note} onChange={(event) => setNote(event.target.value)} />
      </label>
    </Modal>
  );
}

function Figures({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const gradeName = useGradeName();
  const ownerName = useOwnerName();
  const { card, measured, sla } = detail;
  const small = (value: string) => <span style={{ fontSize: 18 }}>{value}</span>;
  return (
    <div className="figures">
      <Figure label={t("offers.version")} value={small(card.version ?? "—")} note={t(`offers.stateOf.${card.state}`)} />
      <Figure label={t("offers.owner")} value={small(ownerName(card.owner))} note={card.grade ? `${t("offers.grade")} ${gradeName(card.grade)}` : undefined} />
      {measured && sla ? (
        <>
          <Figure
            label={t("offers.fresh")}
            value={small(measured.age_hours === null || measured.age_hours === undefined ? t("offers.unknown") : t("offers.age", { hours: number(measured.age_hours, 1) }))}
            note={measured.fresh ? t("offers.freshMet") : t("offers.freshMissed")}
            tone={measured.fresh ? "good" : "bad"}
          />
          <Figure label={t("offers.freshShare")} value={percent(measured.fresh_share)} note={t("offers.within", { hours: number(sla.freshness_hours), days: number(measured.days) })} />
          <Figure
            label={t("offers.answered")}
            value={measured.answered_share === null || measured.answered_share === undefined ? "—" : percent(measured.answered_share)}
            tone={measured.available === false ? "bad" : undefined}
            note={
              measured.calls === 0
                ? t("offers.noCalls", { days: number(measured.days) })
                : t("offers.answeredNote", { percent: number(sla.availability_percent, 1), calls: number(measured.calls), failed: number(measured.failed) })
            }
          />
        </>
      ) : null}
    </div>
  );
}

function Fields({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const gradeName = useGradeName();
  return (
    <>
      {detail.inputs ? <p className="muted wrap">{t("offers.inputs")}：{detail.inputs.join("、") || "—"}</p> : null}
      {detail.parameters.length > 0 ? (
        <p className="muted wrap">{t("offers.parameters")}：{detail.parameters.map((p) => `$${p.name} ${text(p.title)}（${t(`offers.kindOf.${p.kind}`)}）`).join("、")}</p>
      ) : null}
      <DataTable<OfferField>
        label={t("offers.fields")}
        file={`${detail.card.id}-fields`}
        rows={detail.fields}
        rowKey={(field) => field.name}
        pageSize={50}
        empty={<Empty title={t("offers.noVersions")} hint={t("offers.draftOf")} />}
        columns={[
          { key: "name", title: t("data.column"), head: true, value: (field) => field.name, render: (field) => <span className="mono">{field.name}</span> },
          { key: "title", title: t("data.description"), value: (field) => [text(field.title), field.unit].filter(Boolean).join(" · ") },
          { key: "type", title: t("data.type"), value: (field) => field.type, render: (field) => <span className="mono">{field.type}</span> },
          { key: "grade", title: t("offers.grade"), value: (field) => gradeName(field.grade) },
          ...(detail.card.own ? [{ key: "origins", title: t("offers.origins"), value: (field: OfferField) => field.origins?.join(" ") || null, minor: true }] : []),
        ]}
      />
    </>
  );
}

function Versions({ versions }: { versions: OfferVersion[] }) {
  const t = useT();
  if (versions.length === 0) return <Empty title={t("offers.noVersions")} hint={t("offers.noVersionsHint")} />;
  return (
    <ol className="stack" style={{ listStyle: "none", padding: 0 }}>
      {versions.map((version) => (
        <li key={version.version} className="card">
          <div style={{ display: "flex", gap: 10, flexWrap: "wrap", alignItems: "center" }}>
            <b className="mono">{version.version}</b>
            <Badge>{version.breaking ? t("offers.breaking") : t("offers.compatible")}</Badge>
            <span className="muted">{instant(version.published_at)}</span>
          </div>
          <p className="wrap">{version.note}</p>
          {version.differences.length > 0 ? (
            <ul>
              {version.differences.map((found, at) => (
                <li key={`${found.kind}-${found.name}-${at}`} className="wrap">
                  {t(`offers.differenceOf.${found.kind}`)} <span className="mono">{found.name}</span> {found.before ?? ""}{found.before && found.after ? " → " : ""}{found.after ?? ""} {found.breaking ? <Badge>{t("offers.breaking")}</Badge> : null}
                </li>
              ))}
            </ul>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
