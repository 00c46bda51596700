// Lists of requests, and the steps one may take from each.
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { App, Button, Form, Input, Modal, Popconfirm } from "antd";
import { useState, type ReactNode } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { DateField } from "../../sdk/DateField";
import { date } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { FormName, RequestCard } from "../../sdk/types";

async function refresh() {
  await client.invalidateQueries({ queryKey: ["requests"] });
  await client.invalidateQueries({ queryKey: ["rows"] });
}

/** A step of a request: what it does, and what to say when it is done. */
function useStep<A>(step: (argument: A) => Promise<unknown>) {
  const t = useT();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: step,
    onSuccess: async () => {
      await refresh();
      void message.success(t("requests.done"));
    },
  });
}

export function Mine() {
  const t = useT();
  const mine = useAsk(["requests", "mine"], () => api.requests({ page_size: 200 }));
  const withdraw = useStep((r: RequestCard) => api.withdrawRequest(r.id, r.revision));
  const giveBack = useStep((r: RequestCard) => api.revokeRequest(r.id, r.revision));
  return (
    <>
      {withdraw.isError ? <FailureView error={withdraw.error} /> : null}
      {giveBack.isError ? <FailureView error={giveBack.error} /> : null}
      <Answer query={mine}>
        {(page) => (
          <RequestTable
            rows={page.items}
            label={t("requests.tabMine")}
            empty={<Empty title={t("requests.noneMine")} hint={t("requests.noneMineHint")} />}
            actions={(r) =>
              r.state === "pending" ? (
                <Button size="small" onClick={() => withdraw.mutate(r)}>{t("requests.withdraw")}</Button>
              ) : r.state === "granted" ? (
                <Popconfirm title={t("requests.giveBackAsk")} onConfirm={() => giveBack.mutate(r)} okText={t("requests.giveBack")} cancelText={t("common.cancel")}>
                  <Button size="small">{t("requests.giveBack")}</Button>
                </Popconfirm>
              ) : null
            }
          />
        )}
      </Answer>
    </>
  );
}

export function Inbox() {
  const t = useT();
  const inbox = useAsk(["requests", "inbox"], () => api.requestInbox({ page_size: 200 }));
  const [deciding, setDeciding] = useState<{ request: RequestCard; approve: boolean }>();
  const revoke = useStep((r: RequestCard) => api.revokeRequest(r.id, r.revision));
  return (
    <>
      {revoke.isError ? <FailureView error={revoke.error} /> : null}
      <Answer query={inbox}>
        {(page) => (
          <RequestTable
            rows={page.items}
            label={t("requests.tabInbox")}
            requester
            empty={<Empty title={t("requests.noneInbox")} />}
            actions={(r) =>
              r.state === "pending" ? (
                <span style={{ display: "inline-flex", gap: 6, flexWrap: "wrap" }}>
                  <Button size="small" type="primary" onClick={() => setDeciding({ request: r, approve: true })}>{t("requests.approve")}</Button>
                  <Button size="small" onClick={() => setDeciding({ request: r, approve: false })}>{t("requests.reject")}</Button>
                </span>
              ) : r.state === "granted" ? (
                <Popconfirm title={t("accounts.revokeAsk")} onConfirm={() => revoke.mutate(r)} okText={t("accounts.revoke")} cancelText={t("common.cancel")}>
                  <Button size="small" danger>{t("accounts.revoke")}</Button>
                </Popconfirm>
              ) : null
            }
          />
        )}
      </Answer>
      {deciding ? <Decide {...deciding} onClose={() => setDeciding(undefined)} /> : null}
    </>
  );
}

function RequestTable({ rows, label, empty, actions, requester }: { rows: RequestCard[]; label: string; empty: ReactNode; actions: (r: RequestCard) => ReactNode; requester?: boolean }) {
  const t = useT();
  const purposes = useAsk(["purposes"], api.purposes);
  const purposeName = (code: string) => text(purposes.data?.purposes.find((p) => p.code === code)?.title) || code;
  const wrap = (value: string) => <span style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>{value || "—"}</span>;
  return (
    <DataTable<RequestCard>
      label={label}
      file="requests"
      rows={rows}
      rowKey={(r) => r.id}
      empty={empty}
      columns={[
        {
          key: "dataset",
          title: t("accounts.dataset"),
          value: (r) => r.dataset,
          head: true,
          render: (r) => <Link to="/data/$name" params={{ name: r.dataset }} className="mono">{r.dataset}</Link>,
        },
        ...(requester ? [{ key: "requester", title: t("requests.requester"), value: (r: RequestCard) => r.requester_name, render: (r: RequestCard) => wrap(r.requester_name) }] : []),
        { key: "purpose", title: t("requests.purpose"), value: (r) => purposeName(r.purpose), render: (r) => wrap(purposeName(r.purpose)) },
        { key: "reason", title: t("requests.reason"), value: (r) => r.reason, render: (r) => wrap(r.reason) },
        { key: "columns", title: t("requests.columns"), value: (r) => r.columns.join("、") || t("requests.allColumns"), render: (r) => wrap(r.columns.join("、") || t("requests.allColumns")) },
        { key: "until", title: t("requests.until"), value: (r) => date(r.until) },
        { key: "state", title: t("requests.state"), value: (r) => t(`requests.stateOf.${r.state}`) },
        {
          key: "note",
          title: t("requests.note"),
          value: (r) => r.note ?? "",
          render: (r) => wrap(r.state === "pending" ? [t("requests.decideBy", { date: date(r.decide_by) }), ...r.missing_forms.map((f) => t("requests.missing", { form: t(`requests.form.${f}`) }))].join("；") : r.note ?? ""),
        },
        { key: "actions", title: t("common.actions"), sortable: false, value: () => null, render: actions },
      ]}
    />
  );
}

interface Verdict {
  note?: string;
  until?: string;
}

function Decide({ request, approve, onClose }: { request: RequestCard; approve: boolean; onClose: () => void }) {
  const t = useT();
  const [form] = Form.useForm<Verdict>();
  const decide = useStep((v: Verdict) =>
    approve
      ? api.approveRequest(request.id, request.revision, { note: v.note ?? "", until: v.until ? `${v.until}T15:59:59Z` : null })
      : api.rejectRequest(request.id, request.revision, v.note ?? ""),
  );
  const title = approve ? t("requests.approve") : t("requests.reject");
  return (
    <Modal open title={`${title} · ${request.dataset}`} onCancel={onClose} onOk={() => form.submit()} confirmLoading={decide.isPending} okText={title} cancelText={t("common.cancel")}>
      {decide.isError ? <FailureView error={decide.error} /> : null}
      <dl className="facts">
        <dt>{t("requests.requester")}</dt><dd>{request.requester_name}</dd>
        <dt>{t("requests.reason")}</dt><dd>{request.reason}</dd>
        <dt>{t("requests.columns")}</dt><dd>{request.columns.join("、") || t("requests.allColumns")}</dd>
        <dt>{t("requests.until")}</dt><dd>{date(request.until)}</dd>
        {request.agreement ? <><dt>{t("requests.agreement")}</dt><dd>{request.agreement}</dd></> : null}
        {Object.entries(request.forms).map(([name, answers]) => (
          <FormAnswers key={name} name={name as FormName} answers={answers ?? {}} />
        ))}
      </dl>
      <Form form={form} layout="vertical" onFinish={(v) => decide.mutate(v, { onSuccess: onClose })}>
        {approve ? <Form.Item name="until" label={t("requests.earlier")}><DateField /></Form.Item> : null}
        <Form.Item name="note" label={t("requests.note")} rules={approve ? [] : [{ required: true, whitespace: true, message: t("components.required") }]}><Input.TextArea rows={2} maxLength={500} /></Form.Item>
      </Form>
    </Modal>
  );
}

function FormAnswers({ name, answers }: { name: FormName; answers: Record<string, string> }) {
  const t = useT();
  return (
    <>
      <dt>{t(`requests.form.${name}`)}</dt>
      <dd>{Object.values(answers).join("；")}</dd>
    </>
  );
}
