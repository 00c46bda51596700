// Numbers of what stayed: splits, tokens, lengths, languages, formats, and what was replaced of persons.
import { DataTable } from "../../sdk/DataTable";
import { bytes, number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, Figure } from "../../sdk/Page";
import { Empty } from "../../sdk/States";
import type { CorpusCount, CorpusVersionDetail } from "../../sdk/types";

const QUANTILES = ["least", "tenth", "half", "most", "greatest"] as const;

export function Statistics({ detail }: { detail: CorpusVersionDetail }) {
  const t = useT();
  const { tokens } = detail;
  const lengths = QUANTILES.map((name, at) => ({ name, label: t(`corpora.quantileOf.${name}`), characters: detail.lengths[at] ?? 0, tokens: tokens.lengths[at] ?? 0 }));
  return (
    <div className="stack">
      <Card title={t("corpora.splits")}>
        <DataTable
          label={t("corpora.splits")}
          file="corpus-splits"
          rows={detail.splits}
          rowKey={(one) => one.split}
          columns={[
            { key: "split", title: t("corpora.split"), head: true, value: (one) => t(`corpora.splitOf.${one.split}`) },
            { key: "documents", title: t("corpora.documents"), kind: "count", value: (one) => one.documents },
            { key: "passages", title: t("corpora.passages"), kind: "count", value: (one) => one.passages },
            { key: "characters", title: t("corpora.charactersHead"), kind: "count", value: (one) => one.characters },
            { key: "words", title: t("corpora.words"), kind: "count", value: (one) => one.words },
          ]}
        />
      </Card>
      <Card title={t("corpora.tokens")}>
        <div className="figures">
          <Figure label={t("corpora.tokens")} value={number(tokens.tokens)} />
          <Figure label={t("corpora.distinct")} value={`${tokens.bounded ? "≥ " : ""}${number(tokens.distinct)}`} />
          <Figure label={t("corpora.once")} value={number(tokens.once)} />
          <Figure label={t("corpora.bytes")} value={bytes(tokens.bytes)} />
        </div>
        <p className="muted wrap">{t("corpora.tokenizer", { name: tokens.tokenizer })}</p>
        <DataTable
          label={t("corpora.lengths")}
          file="corpus-lengths"
          rows={lengths}
          rowKey={(one) => one.name}
          columns={[
            { key: "name", title: t("corpora.lengths"), head: true, sortable: false, value: (one) => one.label },
            { key: "characters", title: t("corpora.charactersHead"), kind: "count", sortable: false, value: (one) => one.characters },
            { key: "tokens", title: t("corpora.tokens"), kind: "count", sortable: false, value: (one) => one.tokens },
          ]}
        />
      </Card>
      <Counts title={t("corpora.languages")} rows={detail.languages} />
      <Counts title={t("corpora.formats")} rows={detail.formats} />
      <Counts title={t("corpora.personal")} rows={detail.personal} />
      {detail.recognised_pages > 0 ? (
        <Card title={t("corpora.recognition")}>
          <p>{t("corpora.recognised", { pages: detail.recognised_pages, program: detail.recognition ?? "—" })}</p>
        </Card>
      ) : null}
    </div>
  );
}

function Counts({ title, rows }: { title: string; rows: CorpusCount[] }) {
  const t = useT();
  return (
    <Card title={title}>
      <DataTable<CorpusCount>
        label={title}
        file="corpus-counts"
        rows={rows}
        rowKey={(row) => row.name}
        empty={<Empty title={t("corpora.nothing")} />}
        columns={[
          { key: "name", title, head: true, value: (row) => row.name, render: (row) => <span className="mono">{row.name}</span> },
          { key: "count", title: t("corpora.count"), kind: "count", value: (row) => row.count },
        ]}
      />
    </Card>
  );
}
