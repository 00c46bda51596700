// Product master data: products by code, and for one of them its current codes, history and partners' codes.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { Product } from "../../sdk/types";
import { ProductHistory } from "./ProductHistory";

const PAGE_SIZE = 30;

export function ProductsPage() {
  const t = useT();
  const search = useSearch({ from: "/shell/master" });
  const navigate = useNavigate({ from: "/master" });
  const page = search.page ?? 1;
  const query = { text: search.text, replaced: search.replaced, page, page_size: PAGE_SIZE };
  const products = useAsk(["products", query], () => api.products(query));
  return (
    <PageFrame title={t("master.title")} question={t("master.question")}>
      <div className="filters">
        <SearchField
          label={t("master.search")}
          value={search.text}
          onSearch={(text) => void navigate({ search: (s) => ({ ...s, text, page: undefined }) })}
        />
        <Checkbox checked={search.replaced ?? false} onChange={(event) => void navigate({ search: (s) => ({ ...s, replaced: event.target.checked || undefined, page: undefined }) })}>
          {t("master.replacedToo")}
        </Checkbox>
      </div>
      <Answer query={products} rows={10}>
        {(found) => (
          <Card label={t("master.products")}>
            <DataTable<Product>
              label={t("master.products")}
              file="products"
              rows={found.items}
              rowKey={(product) => product.code}
              loading={products.isFetching}
              paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
              empty={<Empty title={t("master.none")} hint={t("master.noneHint")} />}
              columns={[
                {
                  key: "code",
                  title: t("master.code"),
                  head: true,
                  value: (product) => product.code,
                  render: (product) => (
                    <Button
                      type="link"
                      className="mono"
                      style={{ padding: 0 }}
                      aria-label={t("master.open", { code: product.code })}
                      onClick={() => void navigate({ search: (s) => ({ ...s, code: product.code }) })}
                    >
                      {product.code}
                    </Button>
                  ),
                },
                { key: "name", title: t("common.name"), value: (product) => product.name },
                {
                  key: "attributes",
                  title: t("master.attributes"),
                  value: (product) => Object.entries(product.attributes).map(([key, value]) => `${key}=${value}`).join(" "),
                  minor: true,
                },
                { key: "state", title: t("master.state"), value: (product) => (product.standing.state === "current" ? t("master.current") : t("master.replaced")) },
              ]}
            />
          </Card>
        )}
      </Answer>
      {search.code ? <ProductHistory code={search.code} /> : null}
    </PageFrame>
  );
}
