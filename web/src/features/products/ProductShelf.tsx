// Which data products there are, whether one may use them, and a way to each.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select, Switch } from "antd";
import { useId } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { useParty } from "../../sdk/session";
import { Answer, Empty } from "../../sdk/States";
import type { OfferCard } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";
import { FORMS, METERING, OFFERING, STATES, useOwnerName } from "./names";

const PAGE_SIZE = 30;

export function ProductShelf() {
  const t = useT();
  const party = useParty();
  const search = useSearch({ from: "/shell/products" });
  const navigate = useNavigate({ from: "/products" });
  const [formId, stateId, mineId] = [useId(), useId(), useId()];
  const page = search.page ?? 1;
  const query = { ...search, page, page_size: PAGE_SIZE };
  const found = useAsk(["offers", query], () => api.offers(query));
  const set = (change: Partial<typeof search>) => void navigate({ search: (s) => ({ ...s, page: undefined, ...change }) });
  return (
    <PageFrame
      title={t("offers.title")}
      question={t("offers.question")}
      tools={
        <>
          {party && METERING.includes(party.role) ? <Link to="/products/usage"><Button tabIndex={-1}>{t("offers.usageAll")}</Button></Link> : null}
          {party && OFFERING.includes(party.role) ? <Link to="/products/new"><Button type="primary" tabIndex={-1}>{t("offers.publish")}</Button></Link> : null}
        </>
      }
    >
      <div className="filters">
        <SearchField label={t("offers.find")} value={search.text} longest={100} onSearch={(words) => set({ text: words })} />
        <div className="filter">
          <label htmlFor={formId}>{t("offers.form")}</label>
          <Select id={formId} style={{ width: 130 }} value={search.form ?? ""} onChange={(form) => set({ form: form || undefined })} options={[{ value: "", label: t("offers.all") }, ...FORMS.map((form) => ({ value: form as string, label: t(`offers.formOf.${form}`) }))]} />
        </div>
        <div className="filter">
          <label htmlFor={stateId}>{t("offers.state")}</label>
          <Select id={stateId} style={{ width: 130 }} value={search.state ?? ""} onChange={(state) => set({ state: state || undefined })} options={[{ value: "", label: t("offers.all") }, ...STATES.map((state) => ({ value: state as string, label: t(`offers.stateOf.${state}`) }))]} />
        </div>
        {party && OFFERING.includes(party.role) ? (
          <div className="filter">
            <label htmlFor={mineId}>{t("offers.mine")}</label>
            <Switch id={mineId} checked={search.mine ?? false} onChange={(mine) => set({ mine: mine || undefined })} />
          </div>
        ) : null}
      </div>
      <Card label={t("offers.title")}>
        <Answer query={found} rows={10}>
          {(shelf) => (
            <Shelf
              cards={shelf.items}
              loading={found.isFetching}
              paging={{ page, pageSize: PAGE_SIZE, total: shelf.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
            />
          )}
        </Answer>
      </Card>
    </PageFrame>
  );
}

function Shelf({ cards, loading, paging }: { cards: OfferCard[]; loading: boolean; paging: Parameters<typeof DataTable<OfferCard>>[0]["paging"] }) {
  const t = useT();
  const gradeName = useGradeName();
  const ownerName = useOwnerName();
  return (
    <DataTable<OfferCard>
      label={t("offers.title")}
      rows={cards}
      rowKey={(card) => card.id}
      loading={loading}
      paging={paging}
      empty={<Empty title={t("offers.none")} hint={t("offers.noneHint")} />}
      columns={[
        {
          key: "title",
          title: t("common.name"),
          head: true,
          value: (card) => card.id,
          render: (card) => (
            <span style={{ display: "inline-block", whiteSpace: "normal", maxWidth: 420 }}>
              <Link to="/products/$id" params={{ id: card.id }}>{text(card.title)}</Link>
              <span className="muted" style={{ display: "block" }}>{text(card.description)}</span>
            </span>
          ),
        },
        { key: "access", title: t("offers.access"), value: (card) => accessOf(card, t), render: (card) => <Badge>{accessOf(card, t)}</Badge> },
        { key: "forms", title: t("offers.form"), value: (card) => card.forms.map((form) => t(`offers.formOf.${form}`)).join("、") },
        { key: "version", title: t("offers.version"), value: (card) => card.version },
        { key: "state", title: t("offers.state"), value: (card) => t(`offers.stateOf.${card.state}`) },
        { key: "grade", title: t("offers.grade"), value: (card) => (card.grade ? gradeName(card.grade) : null) },
        { key: "owner", title: t("offers.owner"), value: (card) => ownerName(card.owner) },
        { key: "updated", title: t("common.updated"), kind: "instant", value: (card) => card.updated_at, minor: true },
      ]}
    />
  );
}

function accessOf(card: OfferCard, t: ReturnType<typeof useT>): string {
  if (card.own) return t("offers.own");
  return card.open ? t("offers.open") : t("offers.closed");
}
