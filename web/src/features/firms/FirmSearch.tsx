import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { DataTable } from "../../sdk/DataTable";
import { DASH } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { ProductPicker, RegionSelect, useRegion } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";

const PAGE_SIZE = 20;

export function FirmSearch() {
  const t = useT();
  const search = useSearch({ from: "/shell/firms" });
  const navigate = useNavigate({ from: "/firms" });
  const region = useRegion(search.region);
  const page = search.page ?? 1;
  const answer = useComponent(
    "enterprise.search",
    { q: search.q, region, product: search.product, industry: search.industry, page, page_size: PAGE_SIZE },
    { keep: true },
  );
  return (
    <PageFrame title={t("firms.title")} question={t("firms.question")}>
      <div className="filters">
        <SearchField
          label={t("common.firm")}
          value={search.q}
          placeholder={t("firms.placeholder")}
          width={420}
          onSearch={(q) => void navigate({ search: (s) => ({ ...s, q, page: undefined }) })}
        />
        <RegionSelect value={region} onChange={(code) => void navigate({ search: (s) => ({ ...s, region: code, page: undefined }) })} />
        <ProductPicker value={search.product} onChange={(product) => void navigate({ search: (s) => ({ ...s, product, page: undefined }) })} />
      </div>
      <Answer query={answer} rows={10}>
        {({ result, provenance, seconds }) => (
          <Card label={t("firms.title")}>
            <DataTable
              file="firms"
              label={t("firms.title")}
              rows={result.items}
              rowKey={(f) => f.enterprise_id}
              loading={answer.isFetching}
              paging={{
                page,
                pageSize: PAGE_SIZE,
                total: result.total,
                onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }),
              }}
              empty={<Empty title={t("firms.none")} hint={t("firms.noneHint")} />}
              columns={[
                {
                  key: "name",
                  title: t("common.firm"),
                  value: (f) => f.name,
                  render: (f) => <Link to="/firms/$id" params={{ id: f.enterprise_id }}>{f.name}</Link>,
                },
                { key: "uscc", title: t("firms.uscc"), value: (f) => f.uscc ?? null, render: (f) => <span className="mono">{f.uscc ?? DASH}</span> },
                { key: "place", title: t("candidates.location"), value: (f) => [...new Set([f.province, f.city])].filter(Boolean).join(" ") || null },
                { key: "industry", title: t("common.industry"), value: (f) => f.industry_name ?? null },
                { key: "capital", title: t("common.capital"), kind: "money", value: (f) => f.capital_cny ?? null },
                {
                  key: "products",
                  title: t("common.products"),
                  value: (f) => (f.products ?? []).join("、"),
                  render: (f) => <span style={{ display: "inline-block", maxWidth: 320, whiteSpace: "normal" }}>{(f.products ?? []).slice(0, 6).join("、") || DASH}</span>,
                },
              ]}
            />
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </Card>
        )}
      </Answer>
    </PageFrame>
  );
}
