// One corpus: what it is made of, the files brought for it, its runs, and the versions that came of them.
import { Link, useParams } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer } from "../../sdk/States";
import type { CorpusDetail } from "../../sdk/types";
import { CorpusForm } from "./CorpusForm";
import { Files } from "./Files";
import { Runs } from "./Runs";
import { Versions } from "./Versions";

export function CorpusPage() {
  const t = useT();
  const { id } = useParams({ from: "/shell/corpora/$id" });
  const [writing, setWriting] = useState(false);
  const found = useAsk(["corpora", "one", id], () => api.corpus(id));
  return (
    <PageFrame
      title={found.data?.card.title ?? t("corpora.title")}
      question={found.data?.definition.purpose ?? t("corpora.question")}
      crumb={<Link to="/corpora">{t("corpora.back")}</Link>}
      tools={found.data?.own ? <Button onClick={() => setWriting(true)}>{t("corpora.change")}</Button> : undefined}
    >
      <Answer query={found} rows={8}>
        {(detail) => (
          <div className="stack">
            {detail.card.stale ? <Alert type="warning" showIcon title={t("corpora.staleHint")} /> : null}
            <Numbers detail={detail} />
            <Runs corpus={detail} />
            <Versions corpus={id} />
            <Sources detail={detail} />
            <Files detail={detail} />
            {writing ? <CorpusForm before={detail} onClose={() => setWriting(false)} /> : null}
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function Numbers({ detail }: { detail: CorpusDetail }) {
  const t = useT();
  const { card } = detail;
  return (
    <div className="figures">
      <Figure label={t("corpora.documents")} value={card.documents == null ? "—" : number(card.documents)} />
      <Figure label={t("corpora.version")} value={card.version ?? "—"} />
      <Figure label={t("corpora.licence")} value={<span className="wrap">{card.licence}</span>} />
      <Figure label={t("corpora.grade")} value={t(`grade.${card.grade}`)} />
    </div>
  );
}

function Sources({ detail }: { detail: CorpusDetail }) {
  const t = useT();
  const sources = detail.definition.sources ?? [];
  return (
    <Card title={t("corpora.sourcesTitle")}>
      {sources.length === 0 ? (
        <p className="muted">{t("corpora.noSources")}</p>
      ) : (
        <ul>
          {sources.map((source) => (
            <li key={source.dataset}>
              <Link to="/data/$name" params={{ name: source.dataset }} className="mono wrap">{source.dataset}</Link>
              {`：${[source.text, source.title].filter(Boolean).join(", ")}`}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
