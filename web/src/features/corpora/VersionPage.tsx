// One version: what came of each step, why documents went, what is in it, what it was made of, and the way out.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { instant, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { Parts } from "../../sdk/Parts";
import { useAsk } from "../../sdk/query";
import { Answer, FailureView } from "../../sdk/States";
import type { CorpusVersionDetail } from "../../sdk/types";
import { Documents } from "./Documents";
import { Funnel } from "./Funnel";
import { Origin } from "./Origin";
import { Rejected } from "./Rejected";
import { Statistics } from "./Statistics";

type Tab = "steps" | "documents" | "rejected" | "statistics" | "report" | "card" | "origin";
const FORMATS = ["huggingface", "parquet", "jsonl"] as const;
const ENDINGS = { huggingface: "zip", parquet: "parquet", jsonl: "jsonl" } as const;

export function VersionPage() {
  const t = useT();
  const { id, number: which } = useParams({ from: "/shell/corpora/$id/$number" });
  const found = useAsk(["corpora", "version", id, which], () => api.corpusVersion(id, which));
  const title = found.data ? `${found.data.title} · ${t("corpora.versionNumber", { number: found.data.card.number })}` : t("corpora.title");
  return (
    <PageFrame
      title={title}
      question={t("corpora.versionQuestion")}
      crumb={<Link to="/corpora/$id" params={{ id }}>{t("corpora.backToCorpus")}</Link>}
      tools={found.data && !found.data.card.deleted ? <Exports id={id} detail={found.data} /> : undefined}
    >
      <Answer query={found} rows={8}>
        {(detail) => (
          <>
            {detail.card.deleted ? <Alert type="error" showIcon title={t("corpora.deletedHint")} style={{ marginBottom: 12 }} /> : null}
            {detail.card.stale.length > 0 ? (
              <Alert
                type="warning"
                showIcon
                title={t("corpora.staleHint")}
                description={<ul>{detail.card.stale.map((stale) => <li key={stale.input}>{text(stale.said)}</li>)}</ul>}
                style={{ marginBottom: 12 }}
              />
            ) : null}
            <Numbers detail={detail} />
            <Insides id={id} detail={detail} />
          </>
        )}
      </Answer>
    </PageFrame>
  );
}

function Exports({ id, detail }: { id: string; detail: CorpusVersionDetail }) {
  const t = useT();
  const { number: which } = detail.card;
  const save = useMutation({
    mutationFn: async (format: (typeof FORMATS)[number]) => download(`${detail.corpus}-v${which}.${ENDINGS[format]}`, await api.exportCorpus(id, which, format)),
  });
  return (
    <>
      {FORMATS.map((format) => (
        <Button key={format} loading={save.isPending && save.variables === format} disabled={save.isPending} onClick={() => save.mutate(format)}>
          {t(`corpora.exportOf.${format}`)}
        </Button>
      ))}
      {save.isError ? <FailureView error={save.error} /> : null}
    </>
  );
}

function Numbers({ detail }: { detail: CorpusVersionDetail }) {
  const t = useT();
  return (
    <div className="figures">
      <Figure label={t("corpora.documents")} value={number(detail.card.documents)} />
      <Figure label={t("corpora.tokens")} value={number(detail.tokens.tokens)} />
      <Figure label={t("corpora.licence")} value={<span className="wrap">{detail.licence ?? "—"}</span>} />
      <Figure label={t("corpora.grade")} value={detail.grade ? t(`grade.${detail.grade}`) : "—"} note={instant(detail.card.made_at)} />
    </div>
  );
}

function Insides({ id, detail }: { id: string; detail: CorpusVersionDetail }) {
  const t = useT();
  const search = useSearch({ from: "/shell/corpora/$id/$number" });
  const navigate = useNavigate({ from: "/corpora/$id/$number" });
  const tab: Tab = search.tab ?? "steps";
  const which = detail.card.number;
  const parts = [
    { key: "steps", label: t("corpora.tabSteps"), children: <Funnel detail={detail} onReason={(rule) => void navigate({ search: { tab: "rejected", rule } })} /> },
    { key: "documents", label: t("corpora.tabDocuments"), children: <Documents id={id} number={which} /> },
    { key: "rejected", label: t("corpora.tabRejected"), children: <Rejected id={id} number={which} reasons={detail.reasons} /> },
    { key: "statistics", label: t("corpora.tabStatistics"), children: <Statistics detail={detail} /> },
    { key: "report", label: t("corpora.tabReport"), children: <Text title={t("corpora.tabReport")} words={text(detail.report)} /> },
    { key: "card", label: t("corpora.tabCard"), children: <Text title={t("corpora.tabCard")} words={detail.readme} /> },
    { key: "origin", label: t("corpora.tabOrigin"), children: <Origin detail={detail} /> },
  ];
  const open = (key: string) => void navigate({ search: { tab: key === "steps" ? undefined : (key as Exclude<Tab, "steps">) } });
  return (
    <div style={{ marginTop: 16 }}>
      <Parts label={t("corpora.parts")} shown={tab} onShow={open} parts={parts} />
    </div>
  );
}

/** Markdown as it was written: what is on screen is what leaves. */
function Text({ title, words }: { title: string; words: string }) {
  return (
    <Card title={title}>
      {/* Scrolls by itself where a table is wider than a phone, and so must be reachable by the keyboard. */}
      <pre className="corpus-text" tabIndex={0} aria-label={title} role="region">{words}</pre>
    </Card>
  );
}
