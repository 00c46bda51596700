import { Link, useParams } from "@tanstack/react-router";
import { api } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useAsk, useRun } from "../../sdk/query";
import { ResultView } from "../../sdk/ResultView";
import { SchemaForm } from "../../sdk/SchemaForm";
import { Answer, Empty, FailureView, StoppedView, UnderwayView, Waiting } from "../../sdk/States";
import { useManifestWords } from "./ComponentList";

export function ComponentPage() {
  const t = useT();
  const words = useManifestWords();
  const { id } = useParams({ from: "/shell/components/$id" });
  const manifest = useAsk(["component", id], () => api.component(id));
  const run = useRun((params: Record<string, unknown>, watch) => api.runAny(id, params, watch));
  const data = manifest.data;
  return (
    <PageFrame
      title={data ? text(data.title) : id}
      question={data ? text(data.summary) : undefined}
      crumb={<><Link to="/components">{t("components.title")}</Link> / <span className="mono">{id}</span></>}
    >
      <Answer query={manifest} rows={10}>
        {(m) => (
          <div className="stack">
            <p style={{ display: "flex", gap: 8, flexWrap: "wrap", alignItems: "center" }}>
              <Badge>{words.kind(m.kind)}</Badge>
              <Badge>{words.effect(m.effect)}</Badge>
              <Badge>{t(`side.${m.side}`)}</Badge>
              <Badge>{m.version}</Badge>
              {m.reads && m.reads.length > 0 ? (
                <span className="muted wrap">
                  {t("components.reads")}：
                  {m.reads.map((name, at) => (
                    <span key={name}>{at > 0 ? "、" : ""}<Link to="/data/$name" params={{ name }}>{name}</Link></span>
                  ))}
                </span>
              ) : null}
            </p>
            {m.formula ? <Card title={t("components.formula")}><p className="formula">{text(m.formula)}</p></Card> : null}
            <div className="grid-main run-grid">
              <Card title={t("components.params")}>
                <SchemaForm key={id} schema={m.parameters} busy={run.isPending} onRun={run.mutate} />
              </Card>
              <Card title={t("components.result")}>
                {run.underway ? <UnderwayView progress={run.underway} stop={run.stop} /> : null}
                {run.isPending ? <Waiting rows={8} /> : null}
                {run.stopped ? <StoppedView /> : null}
                {run.failure ? <FailureView error={run.failure} /> : null}
                {run.isIdle ? <Empty title={t("components.notRun")} /> : null}
                {run.data && !run.isPending ? (
                  <>
                    <ResultView result={run.data.result} name={id} />
                    <ProvenanceFooter provenance={run.data.provenance} seconds={run.data.seconds} />
                  </>
                ) : null}
              </Card>
            </div>
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}
