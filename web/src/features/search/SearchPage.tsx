// Results of a search, with counts to narrow them down.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Input, Pagination } from "antd";
import { useEffect, useId, useState } from "react";
import { api } from "../../sdk/api";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { FoundThing, SearchPage as Results } from "../../sdk/types";
import { Facets, type Narrowed } from "./Facets";
import { Hit } from "./Hit";

const PAGE_SIZE = 20;

export function SearchPage() {
  const t = useT();
  const search = useSearch({ from: "/shell/search" });
  const navigate = useNavigate({ from: "/search" });
  const id = useId();
  const [typed, setTyped] = useState(search.q ?? "");
  useEffect(() => setTyped(search.q ?? ""), [search.q]);
  const page = Number(search.page ?? 1);
  const query = { ...search, page, page_size: PAGE_SIZE };
  const asked = Boolean(search.q) || Object.entries(search).some(([key, value]) => key !== "page" && value !== undefined);
  const results = useAsk(["search", query], () => api.search(query), { enabled: asked });
  const narrow = (next: Narrowed) => void navigate({ search: (s) => ({ ...s, ...next, page: undefined }) });
  return (
    <PageFrame title={t("find.title")} question={t("find.question")}>
      <div className="filters">
        <div className="filter wide" style={{ flex: "1 1 260px", maxWidth: 560 }}>
          <label htmlFor={id}>{t("find.label")}</label>
          <Input.Search
            id={id}
            allowClear
            value={typed}
            maxLength={200}
            placeholder={t("find.placeholder")}
            onChange={(event) => setTyped(event.target.value)}
            onSearch={(q) => void navigate({ search: (s) => ({ ...s, q: q.trim() || undefined, page: undefined }) })}
          />
        </div>
      </div>
      {asked ? (
        <Answer query={results} rows={10}>
          {(found) => (
            <div className="found">
              <Facets facets={found.facets} chosen={search} onChange={narrow} />
              <Found found={found} q={search.q ?? ""} page={page} firmsOnly={search.kind === "firm"} onPage={(page) => void navigate({ search: (s) => ({ ...s, page }) })} />
            </div>
          )}
        </Answer>
      ) : (
        <Empty title={t("find.start")} hint={t("find.startHint")} />
      )}
    </PageFrame>
  );
}

function Found({ found, q, page, firmsOnly, onPage }: { found: Results; q: string; page: number; firmsOnly: boolean; onPage: (page: number) => void }) {
  const t = useT();
  const firms = found.firms?.hits ?? [];
  if (found.items.length === 0 && firms.length === 0) return <Empty title={t("find.none", { q })} hint={t("find.noneHint")} />;
  // What matches better stands first.
  const firmsFirst = (firms[0]?.score ?? 0) > (found.items[0]?.score ?? 0);
  const beside = firms.length > 0 ? (
    <Card
      key="firms"
      title={t("find.firms")}
      tools={!firmsOnly && found.firms?.has_more ? <Link to="/search" search={{ q, kind: "firm" }}>{t("find.moreFirms")}</Link> : null}
    >
      <Hits hits={firms} />
      {firmsOnly ? <Turn page={page} more={found.firms?.has_more ?? false} onPage={onPage} /> : null}
    </Card>
  ) : null;
  return (
    <div className="stack" style={{ minWidth: 0 }}>
      {found.relaxed ? <Alert type="info" showIcon title={t("find.relaxed")} /> : null}
      {found.shortened ? <Alert type="info" showIcon title={t("find.shortened")} /> : null}
      {found.stale ? <Alert type="warning" showIcon title={t("find.stale")} /> : null}
      {firmsFirst ? beside : null}
      {found.items.length > 0 ? (
        <Card title={t("find.hits")} tools={<span className="muted" role="status">{t("find.total", { n: number(found.total) })}</span>}>
          <Hits hits={found.items} />
          {found.total > PAGE_SIZE ? (
            <Pagination current={page} pageSize={PAGE_SIZE} total={found.total} showSizeChanger={false} onChange={onPage} align="end" />
          ) : null}
        </Card>
      ) : null}
      {firmsFirst ? null : beside}
    </div>
  );
}

function Hits({ hits }: { hits: FoundThing[] }) {
  return <ul className="hits">{hits.map((found) => <Hit key={`${found.kind}:${found.id}`} found={found} />)}</ul>;
}

/** Firms are not counted for everybody, so their pages are turned one by one. */
function Turn({ page, more, onPage }: { page: number; more: boolean; onPage: (page: number) => void }) {
  const t = useT();
  return (
    <div style={{ display: "flex", justifyContent: "flex-end", gap: 8 }}>
      <Button disabled={page <= 1} onClick={() => onPage(page - 1)}>{t("find.previous")}</Button>
      <Button disabled={!more} onClick={() => onPage(page + 1)}>{t("find.next")}</Button>
    </div>
  );
}
