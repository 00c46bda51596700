// Golden values: each with where it is from, as of when, and what chose it.
import { Tag } from "antd";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import type { MatchGoldenValue } from "../../sdk/types";

const RULES = ["agreement", "source_priority", "most_recent", "most_complete", "most_frequent", "tie"] as const;

export function Golden({ values, label, past }: { values: MatchGoldenValue[]; label: string; past?: boolean }) {
  const t = useT();
  const rule = (value: MatchGoldenValue) => {
    const known = RULES.find((one) => one === value.chosen_by);
    return known ? t(`matching.byOf.${known}`) : t("matching.also");
  };
  const shown = (value: MatchGoldenValue) => value.value ?? (value.hidden ? t("matching.hidden") : t("matching.missing"));
  return (
    <DataTable<MatchGoldenValue>
      label={label}
      file="golden"
      rows={values}
      rowKey={(value) => `${value.attribute} ${value.dataset} ${value.column} ${value.key ?? ""} ${value.from_at} ${value.value ?? ""} ${value.chosen}`}
      columns={[
        { key: "attribute", title: t("matching.attribute"), value: (value) => value.attribute },
        {
          key: "value",
          title: t("matching.value"),
          head: true,
          value: shown,
          render: (value) => <span className="wrap">{value.chosen ? <b>{shown(value)}</b> : shown(value)} {value.masked ? <Tag>{t("matching.masked")}</Tag> : null}</span>,
        },
        { key: "source", title: t("matching.source"), value: (value) => `${value.dataset}.${value.column}`, render: (value) => <span className="mono wrap">{value.dataset}.{value.column} {value.key}</span> },
        { key: "on", title: t("matching.asOf"), kind: "date", value: (value) => value.as_of ?? null },
        { key: "by", title: t("matching.by"), value: rule },
        { key: "since", title: t("matching.since"), kind: "instant", value: (value) => value.from_at, minor: true },
        ...(past ? [{ key: "until", title: t("matching.until_"), kind: "instant" as const, value: (value: MatchGoldenValue) => value.until_at ?? null }] : []),
      ]}
    />
  );
}
