// What a definition would be when published: version, differences, fields with their grades.
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card } from "../../sdk/Page";
import type { OfferCheck, OfferField } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";

export function CheckView({ checked }: { checked: OfferCheck }) {
  const t = useT();
  const gradeName = useGradeName();
  return (
    <Card title={t("offers.checked")}>
      <p>
        <b>{t("offers.wouldBe", { version: checked.version })}</b> <Badge>{checked.breaking ? t("offers.breaking") : t("offers.compatible")}</Badge> {t("offers.grade")} {gradeName(checked.grade)}
      </p>
      <p className="muted wrap">{t("offers.inputs")}：{checked.inputs.join("、")}</p>
      {checked.differences.length > 0 ? (
        <ul>
          {checked.differences.map((found, at) => (
            <li key={`${found.kind}-${found.name}-${at}`}>
              {t(`offers.differenceOf.${found.kind}`)} <span className="mono">{found.name}</span> {found.breaking ? <Badge>{t("offers.breaking")}</Badge> : null}
            </li>
          ))}
        </ul>
      ) : null}
      <DataTable<OfferField>
        label={t("offers.fields")}
        rows={checked.fields}
        rowKey={(field) => field.name}
        pageSize={50}
        columns={[
          { key: "name", title: t("data.column"), head: true, value: (field) => field.name },
          { key: "title", title: t("data.description"), value: (field) => text(field.title) },
          { key: "type", title: t("data.type"), value: (field) => field.type },
          { key: "grade", title: t("offers.grade"), value: (field) => gradeName(field.grade) },
          { key: "origins", title: t("offers.origins"), value: (field) => field.origins?.join(" ") || null, minor: true },
        ]}
      />
    </Card>
  );
}
