// Who used which product how much, with the counters of operation and their definitions.
import { DownloadOutlined } from "@ant-design/icons";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { DataTable } from "../../sdk/DataTable";
import { DateField } from "../../sdk/DateField";
import { bytes, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { OfferForm, OfferUsageLine } from "../../sdk/types";
import { FORMS } from "./names";

interface Period {
  from?: string;
  to?: string;
}

export function ProductUsagePage() {
  const t = useT();
  const search = useSearch({ from: "/shell/products/usage" });
  const navigate = useNavigate({ from: "/products/usage" });
  return (
    <PageFrame title={t("offers.usageTitle")} question={t("offers.usageQuestion")} crumb={<Link to="/products">{t("offers.title")}</Link>}>
      <Card label={t("offers.usageTitle")}>
        <Usage period={search} onPeriod={(period) => void navigate({ search: period, replace: true })} />
      </Card>
    </PageFrame>
  );
}

/** Use of one product, on its page. */
export function UsageView({ product }: { product: string }) {
  const [period, setPeriod] = useState<Period>({});
  return <Usage product={product} period={period} onPeriod={setPeriod} />;
}

function Usage({ product, period, onPeriod }: { product?: string; period: Period; onPeriod: (period: Period) => void }) {
  const t = useT();
  const [fromId, toId] = [useId(), useId()];
  const [error, setError] = useState<unknown>(null);
  const query = { product, ...period };
  const used = useAsk(["offers", "usage", query], () => api.offerUsage(query));
  const save = async () => {
    setError(null);
    try {
      download("product-usage.csv", await api.offerUsageFile(query));
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <>
      <div className="filters">
        <div className="filter"><label htmlFor={fromId}>{t("offers.from")}</label><DateField id={fromId} value={period.from ?? used.data?.from} onChange={(from) => onPeriod({ ...period, from })} /></div>
        <div className="filter"><label htmlFor={toId}>{t("offers.to")}</label><DateField id={toId} value={period.to ?? used.data?.to} onChange={(to) => onPeriod({ ...period, to })} /></div>
        <Button icon={<DownloadOutlined />} onClick={() => void save()}>{t("offers.exportCsv")}</Button>
      </div>
      {error ? <FailureView error={error} /> : null}
      <Answer query={used} rows={8}>
        {(found) => (
          <>
            <div className="figures" style={{ marginBottom: 16 }}>
              {found.counters.map((counter) => (
                <Figure key={counter.id} label={text(counter.title)} value={counter.id === "bytes" ? bytes(counter.value) : number(counter.value)} note={text(counter.definition)} />
              ))}
            </div>
            <DataTable<OfferUsageLine>
              label={t("offers.usageTitle")}
              rows={found.lines}
              rowKey={(line) => `${line.day}-${line.product}-${line.account}-${line.form}`}
              empty={<Empty title={t("offers.noUsage")} hint={t("offers.noUsageHint")} />}
              columns={[
                { key: "day", title: t("offers.day"), value: (line) => line.day },
                { key: "product", title: t("offers.product"), head: true, value: (line) => line.product },
                { key: "form", title: t("offers.form"), value: (line) => formOf(line.form, t) },
                { key: "organisation", title: t("offers.organisation"), value: (line) => line.organisation },
                { key: "account", title: t("offers.account"), value: (line) => line.account_name },
                { key: "calls", title: t("offers.calls"), kind: "count", value: (line) => line.calls },
                { key: "denied", title: t("offers.denied"), kind: "count", value: (line) => line.denied },
                { key: "failed", title: t("offers.failed"), kind: "count", value: (line) => line.failed },
                { key: "rows", title: t("offers.rows"), kind: "count", value: (line) => line.rows },
                { key: "bytes", title: t("offers.bytes"), kind: "count", value: (line) => line.bytes },
              ]}
            />
          </>
        )}
      </Answer>
    </>
  );
}

function formOf(form: string, t: ReturnType<typeof useT>): string {
  const known = FORMS.find((one): one is OfferForm => one === form);
  return known ? t(`offers.formOf.${known}`) : form;
}
