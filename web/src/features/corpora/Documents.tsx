// Documents of a version, as the reader's grant shows them.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Pagination, Select, Tag } from "antd";
import { useId } from "react";
import { api } from "../../sdk/api";
import { number as counted } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import type { CorpusDocument } from "../../sdk/types";

const PAGE_SIZE = 10;
const SPLITS = ["train", "validation", "test"] as const;

export function Documents({ id, number }: { id: string; number: number }) {
  const t = useT();
  const splitId = useId();
  const search = useSearch({ from: "/shell/corpora/$id/$number" });
  const navigate = useNavigate({ from: "/corpora/$id/$number" });
  const page = search.page ?? 1;
  const query = { split: search.split, text: search.text, page, page_size: PAGE_SIZE };
  const documents = useAsk(["corpora", "documents", id, number, query], () => api.corpusDocuments(id, number, query));
  return (
    <Card title={t("corpora.tabDocuments")}>
      <div className="corpus-filter">
        <SearchField label={t("corpora.searchDocuments")} value={search.text} onSearch={(text) => void navigate({ search: (s) => ({ ...s, text, page: undefined }) })} />
        <label htmlFor={splitId}>{t("corpora.split")}</label>
        <Select
          id={splitId}
          allowClear
          value={search.split}
          placeholder={t("corpora.allSplits")}
          style={{ minWidth: 140 }}
          options={SPLITS.map((split) => ({ value: split, label: t(`corpora.splitOf.${split}`) }))}
          onChange={(split) => void navigate({ search: (s) => ({ ...s, split, page: undefined }) })}
        />
      </div>
      <Answer query={documents} rows={6}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t("corpora.noDocuments")} hint={t("corpora.noDocumentsHint")} />
          ) : (
            <>
              <ol className="corpus-documents" start={(page - 1) * PAGE_SIZE + 1}>
                {found.items.map((document, at) => <One key={document.id ?? at} document={document} />)}
              </ol>
              <Pagination current={page} pageSize={PAGE_SIZE} total={found.total} showSizeChanger={false} onChange={(next) => void navigate({ search: (s) => ({ ...s, page: next }) })} />
            </>
          )
        }
      </Answer>
    </Card>
  );
}

function One({ document }: { document: CorpusDocument }) {
  const t = useT();
  const known = SPLITS.find((split) => split === document.split);
  return (
    <li>
      <h3 className="wrap">{document.title || document.source || document.id || "—"}</h3>
      <p className="muted wrap">
        {known ? <Tag>{t(`corpora.splitOf.${known}`)}</Tag> : null}
        {document.ocr_pages ? <Tag color="purple">{t("corpora.ocr", { pages: document.ocr_pages, confidence: document.ocr_confidence ?? "—" })}</Tag> : null}
        {[document.source, document.line ? t("corpora.line", { line: document.line }) : null, t("corpora.characters", { count: counted(document.characters) })].filter(Boolean).join(" · ")}
      </p>
      <p className="corpus-excerpt">{document.text ?? t("corpora.hidden")}</p>
    </li>
  );
}
