// What a screen shows while waiting, when there is nothing, and when something was refused.
import { Alert, Button, Skeleton } from "antd";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Refusal } from "./api";
import { useT } from "./i18n";

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

/** A problem document in words: what happened, how to mend it, and what to quote to the operator. */
export function FailureView({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  const problem = error instanceof Refusal ? error.problem : null;
  const status = problem?.status ?? -1;
  const [title, hint] =
    status === 0
      ? [t("failure.offline"), t("failure.offlineHint")]
      : status === 403
        ? [problem?.detail ?? t("failure.forbidden"), problem?.hint ?? t("failure.forbiddenHint")]
        : status === 404
          ? [problem?.detail ?? t("failure.notFound"), problem?.hint ?? t("failure.notFoundHint")]
          : [problem?.detail ?? problem?.title ?? t("failure.internal"), problem?.hint];
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

/** Skeleton, refusal or content of one question to the node. */
export function Answer<R>({
  query,
  rows,
  children,
}: {
  query: UseQueryResult<R, Error>;
  rows?: number;
  children: (data: R) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <FailureView error={query.error} retry={() => void query.refetch()} />;
  if (query.fetchStatus === "idle" && query.isPending) return null;
  return <Waiting rows={rows} />;
}
