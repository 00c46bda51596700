// Who did what and when; and whether the log still is what was signed.
import { DownloadOutlined, SafetyCertificateOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Input, Modal, Select } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { DataTable } from "../../sdk/DataTable";
import { instant, number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { EvidenceEntry } from "../../sdk/types";
import { Follow } from "./Follow";
import { ALARMS, KINDS, wordOf } from "./kinds";
import { Witnesses } from "./Witnesses";

const PAGE_SIZE = 25;

export function EvidencePage() {
  const t = useT();
  const search = useSearch({ from: "/shell/evidence" });
  const navigate = useNavigate({ from: "/evidence" });
  const [kindId, subjectId] = [useId(), useId()];
  const head = useAsk(["evidence-head"], api.evidenceHead);
  const page = search.page ?? 1;
  const query = { kind: search.kind, subject: search.subject, page, page_size: PAGE_SIZE };
  const about = search.about;
  const entries = useAsk(["evidence", about, query], () =>
    about ? api.evidenceTrace({ about, page, page_size: PAGE_SIZE }) : api.evidence(query),
  );
  const bundle = useMutation({
    mutationFn: async (what: { about?: string; seq?: number }) => {
      const paging = what.about ? { page, page_size: PAGE_SIZE } : {};
      download("evidence-bundle.json", await api.evidenceBundle({ ...what, ...paging }));
    },
  });
  const verify = useMutation({ mutationFn: api.verifyEvidence });
  const [subject, setSubject] = useState(search.subject ?? "");
  // Ids are what was signed; names of accounts are known to the auditor only.
  const auditor = useParty()?.role === "auditor";
  const accounts = useAsk(["accounts"], api.accounts, { enabled: auditor });
  const names = new Map(accounts.data?.items.map((a) => [a.id, a.display_name]));
  const named = (id: string) =>
    names.has(id) ? <span title={id}>{names.get(id)}</span> : <span style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>{id}</span>;
  const kindName = (value: string) => {
    const known = KINDS.find((k) => k === value);
    const alarm = ALARMS.find((k) => k === value);
    return known ? t(`evidence.kindOf.${wordOf(known)}`) : alarm ? t(`alarm.${wordOf(alarm)}`) : value;
  };
  const apply = (next: { kind?: string; subject?: string; about?: string }) => void navigate({ search: (s) => ({ ...s, ...next, page: undefined }) });
  return (
    <PageFrame
      title={t("evidence.title")}
      question={t("evidence.question")}
      tools={
        <Button type="primary" icon={<SafetyCertificateOutlined />} loading={verify.isPending} onClick={() => verify.mutate()}>
          {verify.isPending ? t("evidence.verifying") : t("evidence.verify")}
        </Button>
      }
    >
      <div className="stack">
        {verify.isError ? <FailureView error={verify.error} /> : null}
        {bundle.isError ? <FailureView error={bundle.error} /> : null}
        {verify.data ? (
          <Alert
            type={verify.data.ok ? "success" : "error"}
            showIcon
            title={verify.data.ok ? t("evidence.ok", { n: number(verify.data.entries) }) : t("evidence.bad")}
            description={
              verify.data.first_bad ? `#${verify.data.first_bad.seq} ${text(verify.data.first_bad.detail)}` : <span className="mono wrap">
                  {verify.data.root}
                  {verify.data.unsigned > 0 ? ` · ${t("evidence.unsigned", { n: number(verify.data.unsigned) })}` : ""}
                </span>
            }
          />
        ) : null}
        <Answer query={head} rows={3}>
          {(h) => (
            <>
              <div className="figures">
                <Figure label={t("evidence.size")} value={number(h.size)} unit={t("common.entriesUnit")} />
                <Figure label={t("evidence.signedAt")} value={<span style={{ fontSize: 18 }}>{instant(h.signed_at)}</span>} />
                <Figure label={t("evidence.witnessed")} value={t("evidence.witnessedBy", { n: number(new Set(h.witnesses.map((w) => w.name)).size) })} />
              </div>
              <dl className="facts">
                <dt>{t("evidence.root")}</dt>
                <dd className="mono">{h.root}</dd>
                <dt>{t("evidence.hash")}</dt>
                <dd className="mono">{h.hash}</dd>
                <dt>{t("evidence.keys")}</dt>
                <dd className="mono wrap">{h.keys.map((key) => <div key={key}>{key}</div>)}</dd>
              </dl>
            </>
          )}
        </Answer>
        <Follow about={about} onFollow={(next) => apply({ about: next })} />
        <Card
          title={about ? t("evidence.following", { about }) : t("evidence.title")}
          tools={
            about ? (
              <Button icon={<DownloadOutlined />} loading={bundle.isPending} title={t("evidence.bundleHint")} onClick={() => bundle.mutate({ about })}>
                {t("evidence.bundle")}
              </Button>
            ) : null
          }
        >
          {about ? null : <div className="filters">
            <div className="filter">
              <label htmlFor={kindId}>{t("evidence.filterKind")}</label>
              <Select
                id={kindId}
                allowClear
                style={{ minWidth: 120, width: "100%" }}
                placeholder={t("common.all")}
                value={search.kind}
                onChange={(kind?: string) => apply({ kind })}
                options={[
                  ...KINDS.map((k) => ({ value: k, label: t(`evidence.kindOf.${wordOf(k)}`) })),
                  ...ALARMS.map((k) => ({ value: k, label: t(`alarm.${wordOf(k)}`) })),
                ]}
              />
            </div>
            <div className="filter">
              <label htmlFor={subjectId}>{t("evidence.filterSubject")}</label>
              <Input.Search id={subjectId} allowClear value={subject} onChange={(e) => setSubject(e.target.value)} onSearch={(v) => apply({ subject: v || undefined })} />
            </div>
          </div>}
          <Answer query={entries} rows={8}>
            {(result) => (
              <DataTable<EvidenceEntry>
                label={t("evidence.title")}
                file="evidence"
                rows={result.items}
                rowKey={(e) => e.seq}
                paging={{ page, pageSize: PAGE_SIZE, total: result.total, onChange: (next) => void navigate({ search: (s) => ({ ...s, page: next }) }) }}
                empty={<Empty title={t("evidence.none")} hint={t("evidence.noneHint")} />}
                columns={[
                  {
                    key: "seq",
                    title: t("evidence.seq"),
                    kind: "count",
                    value: (e) => e.seq,
                    width: 90,
                    render: (e) => (
                      <button type="button" className="plain-button" onClick={() => void navigate({ search: (s) => ({ ...s, seq: e.seq }) })}>#{e.seq}</button>
                    ),
                  },
                  { key: "kind", title: t("evidence.kind"), value: (e) => kindName(e.kind), head: true },
                  { key: "actor", title: t("evidence.actor"), value: (e) => e.actor, render: (e) => named(e.actor) },
                  { key: "subject", title: t("evidence.subject"), value: (e) => e.subject, render: (e) => named(e.subject) },
                  { key: "at", title: t("evidence.at"), kind: "instant", value: (e) => e.time },
                ]}
              />
            )}
          </Answer>
        </Card>
        <Witnesses />
      </div>
      {search.seq !== undefined ? (
        <Proof
          seq={search.seq}
          entry={entries.data?.items.find((e) => e.seq === search.seq)}
          onBundle={() => bundle.mutate({ seq: search.seq })}
          onClose={() => void navigate({ search: (s) => ({ ...s, seq: undefined }) })}
        />
      ) : null}
    </PageFrame>
  );
}

function Proof({ seq, entry, onBundle, onClose }: { seq: number; entry: EvidenceEntry | undefined; onBundle: () => void; onClose: () => void }) {
  const t = useT();
  const proof = useAsk(["proof", seq], () => api.evidenceProof(seq));
  return (
    <Modal open title={t("evidence.proofTitle", { seq })} onCancel={onClose} footer={null} width={720}>
      {entry?.body !== undefined ? (
        <>
          <h3 style={{ fontSize: 14 }}>{t("evidence.body")}</h3>
          <pre className="formula json" tabIndex={0}>{JSON.stringify(entry.body, null, 2)}</pre>
        </>
      ) : null}
      {entry && entry.personal.length > 0 ? (
        <>
          <h3 style={{ fontSize: 14, marginTop: 12 }}>{t("evidence.personal")}</h3>
          <p className="muted" style={{ marginBottom: 8 }}>{t("evidence.personalHint")}</p>
          <dl className="facts">
            {entry.personal.map((value) => [<dt key={`${value.field}-t`}>{value.field}</dt>, <dd key={value.field}>{value.value}</dd>])}
          </dl>
        </>
      ) : null}
      <h3 style={{ fontSize: 14, marginTop: 12 }}>{t("evidence.proof")}</h3>
      <p className="muted" style={{ marginBottom: 8 }}>{t("evidence.proofHint")}</p>
      <p style={{ marginBottom: 8 }}><Button icon={<DownloadOutlined />} onClick={onBundle}>{t("evidence.bundle")}</Button></p>
      <Answer query={proof}>{(data) => <pre className="formula json" tabIndex={0}>{JSON.stringify(data, null, 2)}</pre>}</Answer>
    </Modal>
  );
}
