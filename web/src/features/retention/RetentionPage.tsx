// How long data is kept, what is due for deletion, and what was deleted on whose word.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { DeletionProposal, RetentionRule, Role } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";

const OWNERS: Role[] = ["government", "industry_body", "enterprise"];
const STATES = ["proposed", "deleting", "rejected", "done"] as const;

export function RetentionPage() {
  const t = useT();
  return (
    <PageFrame title={t("retention.title")} question={t("retention.question")}>
      <div className="stack">
        <Proposals />
        <Rules />
      </div>
    </PageFrame>
  );
}

function Rules() {
  const t = useT();
  const gradeName = useGradeName();
  const rules = useAsk(["retention-rules"], api.retentionRules);
  return (
    <Card title={t("retention.rules")}>
      <Answer query={rules} rows={3}>
        {(found) => (
          <DataTable<RetentionRule>
            label={t("retention.rules")}
            file="retention-rules"
            rows={found}
            rowKey={(r) => r.name}
            empty={<Empty title={t("retention.noRules")} hint={t("retention.noRulesHint")} />}
            columns={[
              { key: "name", title: t("retention.rule"), value: (r) => r.name, head: true },
              { key: "datasets", title: t("retention.datasets"), value: (r) => r.datasets },
              {
                key: "grades",
                title: t("retention.grades"),
                value: (r) => ((r.grades ?? []).length > 0 ? (r.grades ?? []).map(gradeName).join("、") : t("retention.allGrades")),
              },
              { key: "what", title: t("retention.what"), value: (r) => t(`retention.whatOf.${r.what}`) },
              { key: "days", title: t("retention.keepDays"), kind: "count", value: (r) => r.keep_days },
              { key: "basis", title: t("retention.basis"), value: (r) => r.basis },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Proposals() {
  const t = useT();
  const [page, setPage] = useState(1);
  const [shown, setShown] = useState<DeletionProposal | null>(null);
  const role = useParty()?.role;
  const decides = role !== undefined && OWNERS.includes(role);
  const proposals = useAsk(["retention-proposals", page], () => api.deletionProposals({ page, page_size: 25 }));
  const state = (name: string) => {
    const known = STATES.find((s) => s === name);
    return known ? t(`retention.stateOf.${known}`) : name;
  };
  return (
    <Card title={t("retention.proposals")}>
      <Answer query={proposals} rows={5}>
        {(found) => (
          <DataTable<DeletionProposal>
            label={t("retention.proposals")}
            file="retention"
            rows={found.items}
            rowKey={(p) => p.id}
            paging={{ page, pageSize: 25, total: found.total, onChange: setPage }}
            empty={<Empty title={t("retention.noProposals")} />}
            columns={[
              { key: "dataset", title: t("retention.dataset"), value: (p) => p.dataset, head: true },
              { key: "what", title: t("retention.what"), value: (p) => t(p.whole ? "retention.whatOf.everything" : "retention.whatOf.past_versions") },
              { key: "state", title: t("retention.state"), value: (p) => state(p.state) },
              { key: "versions", title: t("retention.versions"), kind: "count", value: (p) => p.versions },
              { key: "bytes", title: t("retention.bytes"), kind: "count", value: (p) => p.bytes },
              { key: "rule", title: t("retention.rule"), value: (p) => p.rule, minor: true },
              { key: "basis", title: t("retention.basis"), value: (p) => p.basis },
              { key: "at", title: t("retention.proposedAt"), kind: "instant", value: (p) => p.proposed_at },
              { key: "decided", title: t("retention.decidedAt"), kind: "instant", value: (p) => p.decided_at ?? null },
              { key: "reason", title: t("retention.reason"), value: (p) => p.reason ?? null, minor: true },
              { key: "files", title: t("retention.files"), kind: "count", value: (p) => p.certificate?.files.length ?? null, minor: true },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (p) =>
                  p.certificate || (decides && p.state === "proposed") ? (
                    <Button size="small" onClick={() => setShown(p)}>
                      {p.certificate ? t("retention.certificate") : t("retention.approve")}
                    </Button>
                  ) : null,
              },
            ]}
          />
        )}
      </Answer>
      {shown ? <Decision proposal={shown} onClose={() => setShown(null)} /> : null}
    </Card>
  );
}

function Decision({ proposal, onClose }: { proposal: DeletionProposal; onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const reasonId = useId();
  const [reason, setReason] = useState("");
  const decide = useMutation({
    mutationFn: (step: "approval" | "rejection") => api.decideDeletion(proposal.id, step, reason),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["retention-proposals"] });
      void message.success(t("retention.decided"));
      onClose();
    },
  });
  const certificate = proposal.certificate;
  return (
    <Modal open title={proposal.dataset} onCancel={onClose} footer={null} width={720}>
      {decide.isError ? <FailureView error={decide.error} /> : null}
      {certificate ? (
        <pre className="mono wrap" tabIndex={0} aria-label={t("retention.certificate")}>{JSON.stringify(certificate, null, 2)}</pre>
      ) : (
        <div className="stack">
          <p>{t("retention.approveHint")}</p>
          <p className="muted">
            {t("retention.versions")} {number(proposal.versions)} · {t("retention.bytes")} {number(proposal.bytes)} · {proposal.basis}
          </p>
          <label htmlFor={reasonId}>{t("retention.reason")}</label>
          <Input.TextArea id={reasonId} value={reason} maxLength={500} onChange={(e) => setReason(e.target.value)} />
          <div className="tools">
            <Button danger disabled={!reason.trim()} loading={decide.isPending} onClick={() => decide.mutate("approval")}>{t("retention.approve")}</Button>
            <Button disabled={!reason.trim()} loading={decide.isPending} onClick={() => decide.mutate("rejection")}>{t("retention.reject")}</Button>
          </div>
        </div>
      )}
    </Modal>
  );
}
