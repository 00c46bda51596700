// The rows of a product as the reader may see them, with its parameters.
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { api, Refusal } from "../../sdk/api";
import { instant } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useAsk } from "../../sdk/query";
import { RowTable } from "../../sdk/RowTable";
import { Answer, Empty } from "../../sdk/States";
import type { Cell, OfferDetail, OfferParameter } from "../../sdk/types";
import { valueOf } from "./draft";

const PAGE_SIZE = 50;

/** What was typed as the JSON the interface takes; nothing typed is no parameter. */
export function typed(parameters: OfferParameter[], given: Record<string, string>): string | undefined {
  const filled = parameters.flatMap(({ name, kind }) => {
    const value = valueOf(kind, given[name]);
    return value === null ? [] : [[name, value] as const];
  });
  return filled.length === 0 ? undefined : JSON.stringify(Object.fromEntries(filled));
}

export function Preview({ detail }: { detail: OfferDetail }) {
  const t = useT();
  const { card } = detail;
  const [page, setPage] = useState(1);
  const [parameters, setParameters] = useState<string | undefined>(undefined);
  const offered = card.forms.includes("api") && card.version !== null && card.version !== undefined;
  const needs = detail.parameters.some((parameter) => parameter.required && (parameter.default ?? null) === null);
  const query = { page, page_size: PAGE_SIZE, parameters, purpose: "browse" };
  const rows = useAsk(["rows", "offer", card.id, query], () => api.offerRows(card.id, query), { enabled: offered && (!needs || parameters !== undefined) });
  if (!offered) return <Empty title={t("offers.notOffered")} hint={t("offers.notOfferedHint")} />;
  const closed = rows.error instanceof Refusal && rows.error.status === 403;
  const titles = new Map(detail.fields.map((field) => [field.name, text(field.title)]));
  return (
    <>
      {closed ? <Alert type="warning" showIcon title={t("data.requestTitle")} description={t("offers.closed")} style={{ marginBottom: 12 }} /> : null}
      {detail.parameters.length > 0 ? (
        <Form
          layout="inline"
          style={{ rowGap: 8, marginBottom: 12 }}
          onFinish={(given: Record<string, string>) => {
            setPage(1);
            setParameters(typed(detail.parameters, given) ?? "{}");
          }}
        >
          {detail.parameters.map((parameter) => (
            <Form.Item key={parameter.name} name={parameter.name} label={text(parameter.title)}><Input style={{ width: 160 }} maxLength={1000} /></Form.Item>
          ))}
          <Button htmlType="submit" type="primary">{t("offers.apply")}</Button>
        </Form>
      ) : null}
      <Answer query={rows} rows={8}>
        {(found) =>
          found.rows.length === 0 ? (
            <Empty title={t("sql.noRows")} hint={t("sql.noRowsHint")} />
          ) : (
            <>
              <RowTable rows={{ ...found, rows: found.rows as Cell[][] }} file={card.id} page={page} pageSize={PAGE_SIZE} hasMore={found.has_more} titles={titles} onPage={setPage} note={`${found.version} · ${instant(found.as_of ?? null)}`} />
              <ProvenanceFooter inputs={found.inputs} />
            </>
          )
        }
      </Answer>
    </>
  );
}
