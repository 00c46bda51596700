// What the columns of a dataset look like, without values the caller may not read.
import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Input } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant, number, percent } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { ColumnProfile, QualityCard } from "../../sdk/types";

export function ProfileView({ card }: { card: QualityCard }) {
  const t = useT();
  const measured = card.last !== null && card.last !== undefined;
  const found = useAsk(["quality", card.dataset, "profile", card.last?.id], () => api.qualityProfile(card.dataset), { enabled: measured });
  if (!measured) return <Empty title={t("quality.notChecked")} hint={t("quality.notCheckedHint")} />;
  return (
    <Answer query={found} rows={8}>
      {(profile) => (
        <div className="stack">
          <p className="muted">{t("provenance.versionOf", { version: profile.dataset_version })} · {instant(profile.at)} · {t("common.rows", { n: number(profile.rows) })}</p>
          {profile.hidden.length > 0 ? <Alert type="info" showIcon title={t("quality.profileHidden", { columns: profile.hidden.join(", ") })} /> : null}
          <DataTable<ColumnProfile>
            label={t("quality.profile")}
            file={`${card.dataset}-profile`}
            rows={profile.columns}
            rowKey={(c) => c.name}
            pageSize={50}
            columns={[
              { key: "name", title: t("quality.column"), value: (c) => c.name, head: true, render: (c) => <span className="mono">{c.name}</span> },
              { key: "filled", title: t("quality.filled"), kind: "percent", value: (c) => (profile.rows > 0 ? (c.present - c.blank) / profile.rows : null) },
              { key: "distinct", title: t("quality.distinct"), value: (c) => c.distinct?.value ?? null, render: (c) => distinct(t, c) },
              { key: "min", title: t("quality.min"), value: (c) => c.min ?? null, render: (c) => brief(c.min) },
              { key: "median", title: t("quality.median"), value: (c) => median(c), render: (c) => brief(median(c)) },
              { key: "max", title: t("quality.max"), value: (c) => c.max ?? null, render: (c) => brief(c.max) },
              { key: "top", title: t("quality.top"), value: (c) => counted(c.top), render: (c) => <span style={{ display: "inline-block", maxWidth: 260, whiteSpace: "normal" }}>{counted(c.top) || "—"}</span> },
              { key: "shapes", title: t("quality.shapes"), value: (c) => counted(c.shapes), render: (c) => <span className="mono" style={{ display: "inline-block", maxWidth: 220, whiteSpace: "normal" }}>{counted(c.shapes) || "—"}</span> },
            ]}
          />
          {card.may_change ? <BaselineForm card={card} /> : null}
        </div>
      )}
    </Answer>
  );
}

function distinct(t: ReturnType<typeof useT>, column: ColumnProfile): string {
  const found = column.distinct;
  if (!found) return "—";
  if (found.error === 0) return number(found.value);
  return t("quality.estimated", { value: number(found.value), error: percent(found.error) });
}

function median(column: ColumnProfile): string | null {
  return column.quantiles.find((q) => q.share === 0.5)?.value ?? null;
}

/** Long floating point numbers lose what nobody reads. */
function brief(value: string | null | undefined): string {
  if (value === null || value === undefined) return "—";
  return /^-?\d+\.\d{4,}$/.test(value) ? number(Number(value), 3) : value;
}

function counted(values: { value: string; count: number }[]): string {
  return values.slice(0, 3).map((v) => `${v.value} (${number(v.count)})`).join(" · ");
}

function BaselineForm({ card }: { card: QualityCard }) {
  const t = useT();
  const { message } = App.useApp();
  const [reason, setReason] = useState("");
  const set = useMutation({
    mutationFn: () => api.setQualityBaseline(card.dataset, reason),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["quality"] });
      setReason("");
      void message.success(t("quality.baselineSet"));
    },
  });
  return (
    <section aria-label={t("quality.baseline")}>
      <h3>{t("quality.baseline")}</h3>
      {card.baseline ? <p className="muted">{t("quality.baselineOf", { version: card.baseline.dataset_version })} · {instant(card.baseline.at)}</p> : null}
      {set.isError ? <FailureView error={set.error} /> : null}
      <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
        <Input aria-label={t("quality.reason")} placeholder={t("quality.reason")} style={{ flex: "1 1 200px" }} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />
        <Button disabled={reason.trim() === ""} loading={set.isPending} onClick={() => set.mutate()}>{t("quality.setBaseline")}</Button>
      </div>
    </section>
  );
}
