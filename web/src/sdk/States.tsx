// What a screen shows while waiting, when there is nothing, and when something was refused.
import { Alert, Button, Progress, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Refusal } from "./api";
import { text, useT } from "./i18n";
import type { Question } from "./query";
import type { RunProgress } from "./types";

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className="empty" role="status">
      <div className="mark" aria-hidden="true">◌</div>
      <b>{title}</b>
      {hint ? <p>{hint}</p> : null}
      {children ? <div style={{ marginTop: 12 }}>{children}</div> : null}
    </div>
  );
}

/** What happened and how to mend it, in words; for places too narrow for a `FailureView` too. */
export function useFailureWords(): (error: unknown) => [title: string, hint: string | undefined] {
  const t = useT();
  return (error) => {
    const problem = error instanceof Refusal ? error.problem : null;
    if (problem?.status === 0) return [t("failure.offline"), t("failure.offlineHint")];
    if (problem?.status === 403) return [problem.detail ?? t("failure.forbidden"), problem.hint ?? t("failure.forbiddenHint")];
    if (problem?.status === 404) return [problem.detail ?? t("failure.notFound"), problem.hint ?? t("failure.notFoundHint")];
    return [problem?.detail ?? problem?.title ?? t("failure.internal"), problem?.hint ?? undefined];
  };
}

/** A problem document in words: what happened, how to mend it, and what to quote to the operator. */
export function FailureView({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  const problem = error instanceof Refusal ? error.problem : null;
  const status = problem?.status ?? -1;
  const [title, hint] = useFailureWords()(error);
  return (
    <Alert
      type={status === 403 || status === 404 ? "warning" : "error"}
      showIcon
      title={title}
      description={
        <div>
          {hint ? <p>{hint}</p> : null}
          {problem?.pointer ? <p className="mono">{problem.pointer}</p> : null}
          {problem?.code || problem?.trace_id ? (
            <p className="muted" style={{ fontSize: 12.5 }}>
              {problem.code ? `${t("failure.code")} ${problem.code}` : null}
              {problem.code && problem.trace_id ? " · " : null}
              {problem.trace_id ? `${t("failure.trace")} ${problem.trace_id}` : null}
            </p>
          ) : null}
          {retry ? (
            <Button size="small" onClick={retry} style={{ marginTop: 8 }}>
              {t("common.retry")}
            </Button>
          ) : null}
        </div>
      }
    />
  );
}

export function Waiting({ rows = 5 }: { rows?: number }) {
  const t = useT();
  return (
    <div aria-busy="true">
      <span className="sr" role="status">{t("common.loading")}</span>
      <Skeleton active paragraph={{ rows }} />
    </div>
  );
}

/** What takes longer than a moment: what it is at, how far it is, and a way to stop it. */
export function UnderwayView({ progress, stop }: { progress: RunProgress; stop?: () => void }) {
  const t = useT();
  const share = progress.fraction ?? null;
  const stage = progress.stage ? text(progress.stage) : t("common.computing");
  return (
    <div className="underway" role="status">
      <span>{stage}</span>
      {share === null ? <span className="muted grow">{t("common.noEstimate")}</span> : <Progress className="grow" percent={Math.floor(share * 100)} aria-label={stage} />}
      {stop ? <Button size="small" onClick={stop}>{t("common.stop")}</Button> : null}
    </div>
  );
}

/** Said where a run was stopped by the person on this screen. */
export function StoppedView({ again }: { again?: () => void }) {
  const t = useT();
  return (
    <Empty title={t("common.stopped")} hint={t("common.stoppedHint")}>
      {again ? <Button onClick={again}>{t("common.runAgain")}</Button> : null}
    </Empty>
  );
}

/** Skeleton, progress, refusal or content of one question to the node. */
export function Answer<R>({
  query,
  rows,
  children,
}: {
  query: Question<R>;
  rows?: number;
  children: (data: R) => ReactNode;
}) {
  const again = () => void query.refetch();
  const progress = query.underway ? <UnderwayView progress={query.underway} stop={query.stop} /> : null;
  const stopped = query.stopped && !query.isFetching ? <StoppedView again={again} /> : null;
  if (query.data !== undefined) return <>{progress}{stopped}{children(query.data)}</>;
  if (query.isError) return <FailureView error={query.error} retry={again} />;
  if (stopped) return stopped;
  if (query.fetchStatus === "idle" && query.isPending) return null;
  return <>{progress}<Waiting rows={rows} /></>;
}
