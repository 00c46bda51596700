// Labels on their way: proposed → confirmed by the owner → approved by another person.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Input, Modal, Select } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { Classification, Role } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";
import { Degrade } from "./Degrade";

const STATES = ["proposed", "confirmed", "approved", "rejected", "superseded"] as const;
type Step = "confirm" | "approve" | "reject";

const OWNERS: Role[] = ["government", "industry_body", "enterprise"];

/** Which steps a label may take next. The node decides in any case. */
function steps(label: Classification, role: Role | undefined): Step[] {
  const approves = role === "security_administrator";
  const owns = role !== undefined && OWNERS.includes(role);
  if (label.state === "proposed") return owns ? ["confirm", "reject"] : approves ? ["reject"] : [];
  return label.state === "confirmed" && approves ? ["approve", "reject"] : [];
}

export function Queue() {
  const t = useT();
  const gradeName = useGradeName();
  const stateId = useId();
  const [state, setState] = useState<(typeof STATES)[number] | undefined>("proposed");
  const [page, setPage] = useState(1);
  const [shown, setShown] = useState<Classification | null>(null);
  const [wish, setWish] = useState(false);
  const asks = OWNERS.includes(useParty()?.role ?? "auditor");
  const labels = useAsk(["grading", state, page], () => api.classifications({ state, page, page_size: 25 }));
  return (
    <div className="stack">
      <div className="filters">
        <div className="filter">
          <label htmlFor={stateId}>{t("common.state")}</label>
          <Select
            id={stateId}
            allowClear
            style={{ minWidth: 140 }}
            placeholder={t("common.all")}
            value={state}
            onChange={(next?: (typeof STATES)[number]) => {
              setState(next);
              setPage(1);
            }}
            options={STATES.map((s) => ({ value: s, label: t(`grading.state.${s}`) }))}
          />
        </div>
        {asks ? <Button onClick={() => setWish(true)}>{t("grading.degrade")}</Button> : null}
      </div>
      <Answer query={labels} rows={6}>
        {(result) => (
          <DataTable<Classification>
            label={t("grading.tabQueue")}
            file="grading-queue"
            rows={result.items}
            rowKey={(c) => c.id}
            paging={{ page, pageSize: 25, total: result.total, onChange: setPage }}
            empty={<Empty title={t("grading.noLabels")} hint={t("grading.noLabelsHint")} />}
            columns={[
              { key: "dataset", title: t("grading.dataset"), value: (c) => (c.column ? `${c.dataset} · ${c.column}` : c.dataset), head: true },
              { key: "kind", title: t("grading.kind"), value: (c) => t(`grading.kindOf.${c.kind}`) },
              { key: "grade", title: t("data.grade"), value: (c) => gradeName(c.label.grade) },
              { key: "personal", title: t("grading.personal"), value: (c) => (c.label.sensitive_personal ? t("grading.sensitive") : c.label.personal ? t("grading.yes") : "") },
              { key: "state", title: t("common.state"), value: (c) => t(`grading.state.${c.state}`) },
              { key: "at", title: t("grading.proposedAt"), kind: "instant", value: (c) => c.proposed_at },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (c) => <Button size="small" onClick={() => setShown(c)}>{t("grading.review")}</Button>,
              },
            ]}
          />
        )}
      </Answer>
      {shown ? <Review label={shown} onClose={() => setShown(null)} /> : null}
      {wish ? <Degrade onClose={() => setWish(false)} /> : null}
    </div>
  );
}

function Review({ label, onClose }: { label: Classification; onClose: () => void }) {
  const t = useT();
  const gradeName = useGradeName();
  const { message } = App.useApp();
  const reasonId = useId();
  const [reason, setReason] = useState("");
  const role = useParty()?.role;
  const decide = useMutation({
    mutationFn: (step: Step) => api.decideClassification(label.id, step, reason),
    onSuccess: async () => {
      await Promise.all([["grading"], ["grading-report"], ["grading-filings"]].map((queryKey) => client.invalidateQueries({ queryKey })));
      void message.success(t("grading.done"));
      onClose();
    },
  });
  const possible = steps(label, role);
  return (
    <Modal open title={label.column ? `${label.dataset} · ${label.column}` : label.dataset} onCancel={onClose} footer={null} width={720}>
      {decide.isError ? <FailureView error={decide.error} /> : null}
      <dl className="facts">
        <dt>{t("data.grade")}</dt>
        <dd>{gradeName(label.label.grade)}</dd>
        <dt>{t("grading.class")}</dt>
        <dd>{[label.label.industry_class, label.label.business_class].filter(Boolean).join(" / ") || "—"}</dd>
        <dt>{t("grading.scale")}</dt>
        <dd>{label.label.scale ?? "—"}</dd>
        {label.reason ? (
          <>
            <dt>{t("grading.reason")}</dt>
            <dd>{label.reason}</dd>
          </>
        ) : null}
      </dl>
      <h3 style={{ fontSize: 14 }}>{t("grading.evidence")}</h3>
      <pre className="formula json" tabIndex={0}>{JSON.stringify(label.evidence, null, 2)}</pre>
      {possible.length > 0 ? (
        <div className="stack">
          <label htmlFor={reasonId}>{t("grading.reason")}</label>
          <Input.TextArea id={reasonId} maxLength={1000} value={reason} onChange={(e) => setReason(e.target.value)} />
          <div className="tools">
            {possible.map((step) => (
              <Button
                key={step}
                type={step === "reject" ? "default" : "primary"}
                danger={step === "reject"}
                disabled={reason.trim() === ""}
                loading={decide.isPending && decide.variables === step}
                onClick={() => decide.mutate(step)}
              >
                {t(`grading.step.${step}`)}
              </Button>
            ))}
          </div>
        </div>
      ) : null}
    </Modal>
  );
}
