import { Button } from "antd";
import { Link } from "@tanstack/react-router";
import { Refusal } from "../sdk/api";
import { useT } from "../sdk/i18n";
import { Empty, FailureView } from "../sdk/States";

/** A defect of a page, or a node that does not answer. */
export function CrashPage({ error }: { error: unknown }) {
  const t = useT();
  return (
    <div style={{ maxWidth: 720, margin: "48px auto", padding: "0 16px" }}>
      {error instanceof Refusal ? (
        <FailureView error={error} retry={() => location.reload()} />
      ) : (
        <Empty title={t("failure.crashed")} hint={t("failure.crashedHint")}>
          <p className="formula">{error instanceof Error ? error.message : String(error)}</p>
          <Button style={{ marginTop: 12 }} onClick={() => location.reload()}>{t("common.retry")}</Button>
        </Empty>
      )}
    </div>
  );
}

export function MissingPage() {
  const t = useT();
  return (
    <Empty title={t("failure.pageMissing")} hint={t("failure.pageMissingHint")}>
      <Link to="/">{t("failure.goHome")}</Link>
    </Empty>
  );
}
