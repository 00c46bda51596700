// What became of one product, which codes stand for it now, and what partners call it.
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { PartnerCode, ProductLine } from "../../sdk/types";

export function ProductHistory({ code }: { code: string }) {
  const t = useT();
  const product = useAsk(["products", "of", code], () => api.product(code));
  return (
    <Answer query={product} rows={5}>
      {(detail) => (
        <Card label={detail.product.name}>
          <h2>
            <span className="mono">{detail.product.code}</span> {detail.product.name}
          </h2>
          <p>
            {t("master.now")}：
            {detail.current.map((current) => `${current.code} ${current.name}`).join("；")}
          </p>
          <h3>{t("master.history")}</h3>
          <DataTable<ProductLine>
            label={t("master.history")}
            file={`history-${code}`}
            rows={detail.history}
            rowKey={(line) => line.number}
            columns={[
              { key: "day", title: t("master.day"), kind: "date", head: true, value: (line) => line.on },
              { key: "kind", title: t("master.act"), value: (line) => t(`master.actOf.${line.act.kind}`) },
              { key: "what", title: t("master.code"), value: (line) => told(line, t) },
              { key: "reason", title: t("master.reason"), value: (line) => line.reason },
              { key: "actor", title: t("evidence.actor"), value: (line) => line.actor, minor: true },
            ]}
          />
          <h3>{t("master.partners")}</h3>
          <DataTable<PartnerCode>
            label={t("master.partners")}
            file={`partners-${code}`}
            rows={detail.partners}
            rowKey={(partner) => `${partner.mapping} ${partner.code}`}
            empty={<Empty title={t("master.noPartners")} hint={t("master.noPartnersHint")} />}
            columns={[
              { key: "code", title: t("master.theirs"), head: true, value: (partner) => partner.code },
              { key: "partner", title: t("master.partner"), value: (partner) => partner.partner },
              { key: "mapping", title: t("master.mapping"), value: (partner) => partner.mapping },
              { key: "share", title: t("master.share"), kind: "percent", value: (partner) => partner.share ?? null },
            ]}
          />
        </Card>
      )}
    </Answer>
  );
}

function told({ act }: ProductLine, t: ReturnType<typeof useT>): string {
  switch (act.kind) {
    case "merge":
      return t("master.merged", { from: act.from.join("、"), into: act.into });
    case "split":
      return t("master.split", { from: act.from, into: act.into.map((part) => part.code).join("、") });
    default:
      return `${act.code} ${t("master.named", { name: act.name })}`;
  }
}
