// How to call a product in each form it is offered in, ready to copy; and its files.
import { DownloadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { useT } from "../../sdk/i18n";
import { FailureView } from "../../sdk/States";
import type { OfferDetail, OfferForm } from "../../sdk/types";

/** A call of a form as a person would type it. */
export function example(form: OfferForm, id: string, origin: string, parameters: string[]): string {
  const values = Object.fromEntries(parameters.map((name) => [name, "…"]));
  const given = parameters.length > 0 ? ` --data-urlencode 'parameters=${JSON.stringify(values)}'` : "";
  const get = (path: string, query: string) => `curl -G -H "authorization: Bearer KEY" "${origin}/api/v1/products/${id}/${path}" -d '${query}'${given}`;
  switch (form) {
    case "api":
      return `${get("rows", "page=1&page_size=1000")}\n${get("rows", "format=arrow")} -o ${id}.arrows`;
    case "download":
      return `${get("file", "format=parquet")} -D - -o ${id}.parquet`;
    case "subscription":
      return [
        `curl -X POST -H "authorization: Bearer KEY" ${origin}/api/v1/products/${id}/subscriptions`,
        `curl -G -H "authorization: Bearer KEY" "${origin}/api/v1/products/${id}/changes" -d 'page=1&page_size=1000'`,
        `curl -X POST -H "authorization: Bearer KEY" -H "content-type: application/json" ${origin}/api/v1/products/${id}/receipts \\`,
        `  -d '{"delivery":"…","tally":{"added":0,"removed":0,"digest":"…"}}'`,
      ].join("\n");
    case "component": {
      const flags = parameters.map((name) => ` --${name.replaceAll("_", "-")} …`).join("");
      return [
        `curl -X POST -H "authorization: Bearer KEY" -H "content-type: application/json" ${origin}/api/v1/components/product.${id}/run \\`,
        `  -d '${JSON.stringify({ params: values })}'`,
        `brain run product.${id}${flags}`,
        `# MCP: product_${id}`,
      ].join("\n");
    }
  }
}

const WORDS = { api: "callApi", download: "callDownload", subscription: "callSubscription", component: "callComponent" } as const;

export function Calling({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const { card } = detail;
  const names = detail.parameters.map((parameter) => parameter.name);
  return (
    <div className="stack">
      <p className="muted">
        {t("offers.callHint")} <a href={`/api/v1/products/${encodeURIComponent(card.id)}/openapi`} style={{ textDecoration: "underline" }}>{t("offers.document")}</a>
      </p>
      {card.forms.map((form) => (
        <section key={form}>
          <h3>{t(`offers.${WORDS[form]}`)}</h3>
          <pre className="code" tabIndex={0} aria-label={t(`offers.${WORDS[form]}`)} style={{ overflow: "auto" }}>{example(form, card.id, location.origin, names)}</pre>
          {form === "download" && (card.open || card.own) ? <Files id={card.id} version={card.version ?? ""} /> : null}
        </section>
      ))}
    </div>
  );
}

function Files({ id, version }: { id: string; version: string }) {
  const t = useT();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const take = async (format: "csv" | "parquet") => {
    setBusy(true);
    setError(null);
    try {
      download(`${id}-${version}.${format}`, await api.offerFile(id, format));
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {error ? <FailureView error={error} /> : null}
      <div style={{ display: "flex", gap: 8, flexWrap: "wrap", alignItems: "center" }}>
        <Button icon={<DownloadOutlined />} loading={busy} onClick={() => void take("csv")}>{t("offers.csv")}</Button>
        <Button icon={<DownloadOutlined />} loading={busy} onClick={() => void take("parquet")}>{t("offers.parquet")}</Button>
        <span className="muted">{t("offers.sum")}</span>
      </div>
    </>
  );
}
