// Which code lists there are, and the codes of the one that is chosen.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { Code, CodeList } from "../../sdk/types";

const PAGE_SIZE = 50;

export function CodeLists() {
  const t = useT();
  const search = useSearch({ from: "/shell/standards" });
  const navigate = useNavigate({ from: "/standards" });
  const lists = useAsk(["standards", "lists"], () => api.codeLists());
  return (
    <Answer query={lists} rows={5}>
      {(found) => {
        const chosen = found.lists.find((list) => list.id === search.list);
        return (
          <>
            <DataTable<CodeList>
              label={t("standards.lists")}
              file="code-lists"
              rows={found.lists}
              rowKey={(list) => list.id}
              columns={[
                {
                  key: "title",
                  title: t("common.name"),
                  head: true,
                  value: (list) => text(list.title),
                  render: (list) => (
                    <Button type="link" style={{ padding: 0 }} aria-pressed={list.id === search.list} onClick={() => void navigate({ search: { list: list.id } })}>
                      {text(list.title)}
                    </Button>
                  ),
                },
                { key: "id", title: "ID", value: (list) => list.id, render: (list) => <span className="mono">{list.id}</span> },
                { key: "standard", title: t("standards.standard"), value: (list) => `${list.standard} ${list.edition ?? ""}`.trim() },
                { key: "codes", title: t("standards.codes"), kind: "count", value: (list) => list.codes },
                { key: "origin", title: t("standards.origin"), value: (list) => (list.built_in ? t("standards.builtIn") : t("standards.imported")) },
                { key: "source", title: t("standards.source"), value: (list) => list.source, minor: true },
              ]}
            />
            {chosen ? <Codes list={chosen} /> : <p className="muted">{t("standards.choose")}</p>}
          </>
        );
      }}
    </Answer>
  );
}

function Codes({ list }: { list: CodeList }) {
  const t = useT();
  const search = useSearch({ from: "/shell/standards" });
  const navigate = useNavigate({ from: "/standards" });
  const page = search.page ?? 1;
  const query = { text: search.text, page, page_size: PAGE_SIZE };
  const codes = useAsk(["standards", "codes", list.id, query], () => api.codes(list.id, query));
  const heading = t("standards.chosen", { name: text(list.title) });
  return (
    <section aria-label={heading} style={{ marginTop: 16 }}>
      <h2>{heading}</h2>
      <div className="filters">
        <SearchField
          key={list.id}
          label={t("standards.search")}
          value={search.text}
          onSearch={(text) => void navigate({ search: { list: list.id, text } })}
        />
      </div>
      <Answer query={codes} rows={10}>
        {(found) => (
          <DataTable<Code>
            label={heading}
            file={`codes-${list.id}`}
            rows={found.items}
            rowKey={(code) => code.code}
            loading={codes.isFetching}
            paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
            empty={<Empty title={t("standards.noCodes")} hint={t("standards.noCodesHint")} />}
            columns={[
              { key: "code", title: t("standards.code"), head: true, value: (code) => code.code, render: (code) => <span className="mono">{code.code}</span> },
              { key: "name", title: t("common.name"), value: (code) => text(code.name) || code.name.zh || code.name.en },
              { key: "parent", title: t("standards.parent"), value: (code) => code.parent ?? "", minor: true },
              { key: "valid", title: t("standards.valid"), value: (code) => holds(code, t) },
              { key: "successors", title: t("standards.successors"), value: (code) => (code.successors ?? []).join(" "), minor: true },
            ]}
          />
        )}
      </Answer>
    </section>
  );
}

function holds(code: Code, t: ReturnType<typeof useT>): string {
  const from = code.valid_from ? t("standards.from", { day: code.valid_from }) : "";
  const until = code.valid_until ? t("standards.until", { day: code.valid_until }) : "";
  return [from, until].filter((part) => part !== "").join(" ") || t("standards.always");
}
