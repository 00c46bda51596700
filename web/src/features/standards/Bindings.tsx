// Which columns are bound to which data element; the quality check of a dataset checks them.
import { Link } from "@tanstack/react-router";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { ElementBinding } from "../../sdk/types";

export function Bindings() {
  const t = useT();
  const bindings = useAsk(["standards", "bindings"], () => api.elementBindings());
  return (
    <Answer query={bindings} rows={6}>
      {(found) => (
        <DataTable<ElementBinding>
          label={t("standards.tabBindings")}
          file="element-bindings"
          rows={found.bindings}
          rowKey={(binding) => `${binding.dataset}#${binding.column}`}
          empty={<Empty title={t("standards.noBindings")} hint={t("standards.noBindingsHint")} />}
          columns={[
            {
              key: "column",
              title: t("standards.column"),
              head: true,
              value: (binding) => `${binding.dataset}#${binding.column}`,
              render: (binding) => (
                <Link className="mono" to="/data/$name" params={{ name: binding.dataset }} search={{ tab: "quality" }}>
                  {binding.dataset}#{binding.column}
                </Link>
              ),
            },
            { key: "element", title: t("standards.element"), value: (binding) => binding.element },
            { key: "name", title: t("common.name"), value: (binding) => (binding.name ? text(binding.name) || binding.name.zh : t("standards.notCurrent")) },
            { key: "required", title: t("standards.required"), value: (binding) => (binding.required ? t("standards.yes") : t("standards.no")) },
            { key: "updated", title: t("common.updated"), kind: "instant", value: (binding) => binding.updated_at, minor: true },
          ]}
        />
      )}
    </Answer>
  );
}
