// What counts as good; the security administrator keeps the list.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { KnownGood, NewKnownGood } from "../../sdk/types";

const KINDS = ["version", "program", "dependencies", "configuration"] as const;
const refresh = () =>
  Promise.all([["known-good"], ["status-peers"]].map((queryKey) => client.invalidateQueries({ queryKey })));

export function Known() {
  const t = useT();
  const { message } = App.useApp();
  const [adding, setAdding] = useState(false);
  const keeps = useParty()?.role === "security_administrator";
  const listed = useAsk(["known-good"], api.knownGood);
  const withdraw = useMutation({
    mutationFn: (id: string) => api.withdrawKnownGood(id),
    onSuccess: async () => {
      await refresh();
      void message.success(t("nodes.withdrawn"));
    },
  });
  return (
    <div className="stack">
      <p className="muted">{t("nodes.addHint")}</p>
      {keeps ? <div><Button type="primary" onClick={() => setAdding(true)}>{t("nodes.add")}</Button></div> : null}
      {withdraw.isError ? <FailureView error={withdraw.error} /> : null}
      <Answer query={listed} rows={4}>
        {(values) => (
          <DataTable<KnownGood>
            label={t("nodes.tabKnownGood")}
            file="known-good"
            rows={values}
            rowKey={(v) => v.id}
            empty={<Empty title={t("nodes.noKnownGood")} hint={t("nodes.noKnownGoodHint")} />}
            columns={[
              { key: "kind", title: t("nodes.kind"), value: (v) => t(`nodes.kindOf.${v.kind}`), head: true },
              { key: "value", title: t("nodes.value"), value: (v) => v.value, render: (v) => <span className="mono wrap">{v.value}</span> },
              { key: "node", title: t("nodes.forNode"), value: (v) => v.node ?? t("nodes.everyNode") },
              { key: "note", title: t("nodes.note"), value: (v) => v.note },
              { key: "at", title: t("nodes.createdAt"), kind: "instant", value: (v) => v.created_at },
              ...(keeps
                ? [
                    {
                      key: "actions",
                      title: t("common.actions"),
                      sortable: false,
                      value: () => null,
                      render: (v: KnownGood) => (
                        <Button size="small" danger loading={withdraw.isPending && withdraw.variables === v.id} onClick={() => withdraw.mutate(v.id)}>
                          {t("nodes.withdraw")}
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Answer>
      {adding ? <Add onClose={() => setAdding(false)} /> : null}
    </div>
  );
}

interface Entry {
  kind: NewKnownGood["kind"];
  value: string;
  node?: string;
  note: string;
}

function Add({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Entry>();
  const add = useMutation({
    mutationFn: (entry: Entry) => api.addKnownGood({ ...entry, node: entry.node?.trim() ? entry.node.trim() : null }),
    onSuccess: async () => {
      await refresh();
      void message.success(t("nodes.added"));
      onClose();
    },
  });
  const required = { required: true, whitespace: true, message: t("components.required") };
  return (
    <Modal open title={t("nodes.add")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={add.isPending} okText={t("common.save")}>
      {add.isError ? <FailureView error={add.error} /> : null}
      <Form form={form} layout="vertical" onFinish={add.mutate} initialValues={{ kind: "version" }}>
        <Form.Item name="kind" label={t("nodes.kind")} rules={[{ required: true }]}>
          <Select options={KINDS.map((k) => ({ value: k, label: t(`nodes.kindOf.${k}`) }))} />
        </Form.Item>
        <Form.Item name="value" label={t("nodes.value")} rules={[required]}><Input maxLength={200} /></Form.Item>
        <Form.Item name="node" label={t("nodes.forNode")}><Input maxLength={64} placeholder={t("nodes.everyNode")} /></Form.Item>
        <Form.Item name="note" label={t("nodes.note")} rules={[required]}><Input maxLength={160} /></Form.Item>
      </Form>
    </Modal>
  );
}
