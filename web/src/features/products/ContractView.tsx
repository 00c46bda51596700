// What a consumer agrees to, and what the owner promises.
import { text, useT } from "../../sdk/i18n";
import { api } from "../../sdk/api";
import { useAsk } from "../../sdk/query";
import { Empty } from "../../sdk/States";
import type { OfferDetail } from "../../sdk/types";

export function ContractView({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const purposes = useAsk(["purposes"], api.purposes);
  const { contract, sla } = detail;
  if (!contract || !sla) return <Empty title={t("offers.noVersions")} hint={t("offers.noVersionsHint")} />;
  const purposeName = (code: string) => {
    const known = purposes.data?.purposes.find((purpose) => purpose.code === code);
    return known ? text(known.title) : code;
  };
  const uses = (list: (typeof contract.permitted)) => list.map((use) => t(`offers.useOf.${use}`)).join("、") || t("offers.nothing");
  return (
    <>
      <dl className="facts">
        <dt>{t("offers.purposes")}</dt>
        <dd>{contract.purposes.map(purposeName).join("、")}</dd>
        <dt>{t("offers.permitted")}</dt>
        <dd>{uses(contract.permitted)}</dd>
        <dt>{t("offers.forbidden")}</dt>
        <dd>{uses(contract.forbidden ?? [])}</dd>
        <dt>{t("offers.period")}</dt>
        <dd>{contract.period_days}</dd>
        <dt>{t("offers.redistribution")}</dt>
        <dd>{t(`offers.redistributionOf.${contract.redistribution}`)}</dd>
        <dt>{t("offers.retention")}</dt>
        <dd>{contract.retention_days}</dd>
        <dt>{t("offers.fee")}</dt>
        <dd>{contract.fee ? text(contract.fee) : t("offers.nothing")}</dd>
        <dt>{t("offers.terms")}</dt>
        <dd>{contract.terms ? text(contract.terms) : t("offers.nothing")}</dd>
        <dt>{t("offers.freshness")}</dt>
        <dd>{sla.freshness_hours}</dd>
        <dt>{t("offers.availability")}</dt>
        <dd>{sla.availability_percent ?? t("offers.nothing")}</dd>
        <dt>{t("offers.support")}</dt>
        <dd>{sla.support}</dd>
      </dl>
      <details style={{ marginTop: 12 }}>
        <summary>ODRL</summary>
        <pre className="code" tabIndex={0} aria-label="ODRL" style={{ overflow: "auto" }}>{JSON.stringify(detail.offer, null, 2)}</pre>
      </details>
    </>
  );
}
