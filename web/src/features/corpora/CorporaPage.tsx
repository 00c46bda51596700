// Corpora: what each is made for, under which licence, how many documents it has, and whether its sources still stand.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Tag } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { Corpus } from "../../sdk/types";
import { CorpusForm } from "./CorpusForm";
import { RunState } from "./RunState";

export function CorporaPage() {
  const t = useT();
  const { text } = useSearch({ from: "/shell/corpora" });
  const navigate = useNavigate({ from: "/corpora" });
  const [writing, setWriting] = useState(false);
  const corpora = useAsk(["corpora", "list", text], () => api.corpora({ text }));
  const create = <Button type="primary" onClick={() => setWriting(true)}>{t("corpora.create")}</Button>;
  return (
    <PageFrame title={t("corpora.title")} question={t("corpora.question")} tools={create}>
      <SearchField label={t("corpora.search")} value={text} onSearch={(next) => void navigate({ search: { text: next } })} />
      <Answer query={corpora} rows={6}>
        {(found) => (
          <Card label={t("corpora.list")}>
            <DataTable<Corpus>
              label={t("corpora.list")}
              file="corpora"
              rows={found}
              rowKey={(corpus) => corpus.id}
              empty={text ? <Empty title={t("corpora.noneFound")} hint={t("corpora.noneFoundHint")} /> : <Empty title={t("corpora.none")} hint={t("corpora.noneHint")} />}
              columns={[
                {
                  key: "title",
                  title: t("corpora.name"),
                  head: true,
                  value: (corpus) => corpus.title,
                  render: (corpus) => <Link to="/corpora/$id" params={{ id: corpus.id }}>{corpus.title}</Link>,
                },
                { key: "name", title: t("corpora.dataset"), value: (corpus) => corpus.dataset, render: (corpus) => <span className="mono wrap">{corpus.dataset}</span>, minor: true },
                { key: "licence", title: t("corpora.licence"), value: (corpus) => corpus.licence },
                { key: "grade", title: t("corpora.grade"), value: (corpus) => t(`grade.${corpus.grade}`) },
                { key: "documents", title: t("corpora.documents"), kind: "count", value: (corpus) => corpus.documents ?? null },
                {
                  key: "version",
                  title: t("corpora.version"),
                  value: (corpus) => corpus.version ?? "",
                  render: (corpus) =>
                    corpus.version == null ? (
                      <span className="muted">{t("corpora.noVersion")}</span>
                    ) : (
                      <>
                        <Link to="/corpora/$id/$number" params={{ id: corpus.id, number: String(corpus.version) }}>{t("corpora.versionNumber", { number: corpus.version })}</Link>
                        {corpus.stale ? <Tag color="warning" style={{ marginInlineStart: 8 }}>{t("corpora.stale")}</Tag> : null}
                      </>
                    ),
                },
                {
                  key: "run",
                  title: t("corpora.lastRun"),
                  value: (corpus) => corpus.last_run?.state ?? "",
                  render: (corpus) => (corpus.last_run ? <RunState state={corpus.last_run.state} /> : <span className="muted">{t("corpora.never")}</span>),
                },
              ]}
            />
          </Card>
        )}
      </Answer>
      {writing ? <CorpusForm onClose={() => setWriting(false)} /> : null}
    </PageFrame>
  );
}
