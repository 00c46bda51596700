// Data elements: what a value is, how it is written, who answers for it.
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { DataElement } from "../../sdk/types";

export function Elements() {
  const t = useT();
  const [asked, setAsked] = useState<string>();
  const elements = useAsk(["standards", "elements", asked], () => api.dataElements(asked));
  return (
    <>
      <div className="filters">
        <SearchField label={t("standards.elementSearch")} value={asked} onSearch={setAsked} />
      </div>
      <Answer query={elements} rows={6}>
        {(found) => (
          <DataTable<DataElement>
            label={t("standards.tabElements")}
            file="data-elements"
            rows={found.elements}
            rowKey={(card) => card.element.id}
            loading={elements.isFetching}
            empty={<Empty title={t("standards.noElements")} hint={t("standards.noElementsHint")} />}
            columns={[
              {
                key: "name",
                title: t("standards.element"),
                head: true,
                value: (card) => text(card.element.name),
                render: (card) => (
                  <span style={{ display: "inline-block", whiteSpace: "normal" }}>
                    <b>{text(card.element.name) || card.element.name.zh}</b>
                    <div className="muted mono">{card.element.id}</div>
                  </span>
                ),
              },
              {
                key: "definition",
                title: t("standards.definition"),
                value: (card) => text(card.element.definition) || card.element.definition.zh,
                render: (card) => <span style={{ display: "inline-block", minWidth: 200, whiteSpace: "normal" }}>{text(card.element.definition) || card.element.definition.zh}</span>,
              },
              { key: "representation", title: t("standards.representation"), value: (card) => written(card, t) },
              { key: "status", title: t("standards.status"), value: (card) => t(`standards.statusOf.${card.status}`) },
              { key: "version", title: t("standards.version"), kind: "count", value: (card) => card.version },
              { key: "owner", title: t("data.owner"), value: (card) => card.element.owner },
            ]}
          />
        )}
      </Answer>
    </>
  );
}

/** How a value is written, in words. */
function written(card: DataElement, t: ReturnType<typeof useT>): string {
  const asked = card.element.representation;
  const span = (least: number | null | undefined, most: number | null | undefined) => ({ least: least ?? "", most: most ?? "" });
  const given = (value: unknown) => value !== undefined && value !== null;
  const parts = [
    t(`standards.kindOf.${asked.kind}`),
    given(asked.length_min) || given(asked.length_max) ? t("standards.length", span(asked.length_min, asked.length_max)) : "",
    asked.pattern ?? "",
    given(asked.min) || given(asked.max) ? t("standards.range", span(asked.min, asked.max)) : "",
    asked.unit ?? "",
    asked.check_digit ? t("standards.checkDigit", { scheme: asked.check_digit }) : "",
    asked.code_list ? t("standards.list", { list: asked.code_list }) : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
