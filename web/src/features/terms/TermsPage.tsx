// Business terms: what people call things, what is meant, who answers for it, and which data holds it.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Popconfirm, Space } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { Role, Term } from "../../sdk/types";
import { TermForm } from "./TermForm";

const PAGE_SIZE = 30;
/** Roles that write terms; the node decides in any case. */
const WRITERS: Role[] = ["system_administrator", "government", "industry_body"];

export function TermsPage() {
  const t = useT();
  const party = useParty();
  const search = useSearch({ from: "/shell/terms" });
  const navigate = useNavigate({ from: "/terms" });
  const [writing, setWriting] = useState<Term | "new" | null>(null);
  const page = search.page ?? 1;
  const query = { text: search.text, dataset: search.dataset, page, page_size: PAGE_SIZE };
  const terms = useAsk(["terms", query], () => api.terms(query));
  const remove = useMutation({
    mutationFn: (term: Term) => api.removeTerm(term.id, term.revision),
    onSuccess: () => client.invalidateQueries({ queryKey: ["terms"] }),
  });
  const writes = party !== undefined && WRITERS.includes(party.role);
  return (
    <PageFrame
      title={t("terms.title")}
      question={t("terms.question")}
      tools={writes ? <Button type="primary" onClick={() => setWriting("new")}>{t("terms.create")}</Button> : null}
    >
      <div className="filters">
        <SearchField
          label={t("terms.search")}
          value={search.text}
          onSearch={(text) => void navigate({ search: (s) => ({ ...s, text, page: undefined }) })}
        />
      </div>
      {remove.isError ? <FailureView error={remove.error} /> : null}
      <Answer query={terms} rows={10}>
        {(found) => (
          <Card label={t("terms.title")}>
            <DataTable<Term>
              label={t("terms.title")}
              file="terms"
              rows={found.items}
              rowKey={(term) => term.id}
              loading={terms.isFetching}
              paging={{ page, pageSize: PAGE_SIZE, total: found.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
              empty={<Empty title={t("terms.none")} hint={t("terms.noneHint")} />}
              columns={[
                {
                  key: "name",
                  title: t("common.name"),
                  head: true,
                  value: (term) => text(term.name),
                  render: (term) => (
                    <span style={{ display: "inline-block", whiteSpace: "normal" }}>
                      <b>{text(term.name)}</b>
                      {term.synonyms.length > 0 ? <div className="muted">{term.synonyms.join("、")}</div> : null}
                    </span>
                  ),
                },
                {
                  key: "definition",
                  title: t("terms.definition"),
                  value: (term) => text(term.definition),
                  render: (term) => <span style={{ display: "inline-block", minWidth: 220, whiteSpace: "normal" }}>{text(term.definition)}</span>,
                },
                { key: "links", title: t("terms.links"), value: (term) => term.links.join(" "), render: (term) => <Links links={term.links} /> },
                { key: "owner", title: t("data.owner"), value: (term) => term.owner },
                { key: "updated", title: t("common.updated"), kind: "instant", value: (term) => term.updated_at, minor: true },
                ...(writes
                  ? [{
                      key: "actions",
                      title: t("common.actions"),
                      sortable: false,
                      value: () => null,
                      render: (term: Term) => (
                        <Space>
                          <Button size="small" onClick={() => setWriting(term)}>{t("terms.change")}</Button>
                          <Popconfirm title={t("terms.removeAsk", { name: text(term.name) })} okText={t("terms.remove")} cancelText={t("common.cancel")} onConfirm={() => remove.mutate(term)}>
                            <Button size="small" danger>{t("terms.remove")}</Button>
                          </Popconfirm>
                        </Space>
                      ),
                    }]
                  : []),
              ]}
            />
          </Card>
        )}
      </Answer>
      {writing ? <TermForm term={writing === "new" ? null : writing} onClose={() => setWriting(null)} /> : null}
    </PageFrame>
  );
}

function Links({ links }: { links: string[] }) {
  if (links.length === 0) return "—";
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {links.map((link) => {
        const [name = link, column] = link.split("#");
        return (
          <li key={link}>
            <Link className="mono" to="/data/$name" params={{ name }} search={column ? { tab: "columns" } : {}}>{link}</Link>
          </li>
        );
      })}
    </ul>
  );
}
