// One's own API keys: made with an end, shown once, revoked at once.
import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Select, Space } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { DateField } from "../../sdk/DateField";
import { date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Badge, Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Secret } from "../../sdk/Secret";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { ApiKey, NewKey } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

/** Hours a replaced key works on, so that programs change over without a gap. */
const GRACE_HOURS = 24;

type KeyState = "active" | "expired" | "revoked";

/** Whether a key still works. */
export function keyState(key: Pick<ApiKey, "expires_at" | "revoked_at">, now: Date): KeyState {
  if (key.revoked_at) return "revoked";
  return new Date(key.expires_at) <= now ? "expired" : "active";
}

export function KeysPage() {
  const t = useT();
  const palette = usePalette();
  const party = useParty();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewKey | null>(null);
  const keys = useAsk(["api-keys"], api.apiKeys);
  const revoke = useMutation({
    mutationFn: (id: string) => api.revokeApiKey(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  const rotate = useMutation({
    mutationFn: (id: string) => api.rotateKey(id, GRACE_HOURS),
    onSuccess: async (key) => {
      setMade(key);
      await client.invalidateQueries({ queryKey: ["api-keys"] });
    },
  });
  const now = new Date();
  const colours = { active: palette.ok, expired: palette.ink3, revoked: palette.gap };
  return (
    <PageFrame title={t("keys.title")} question={t("keys.question")}>
      <div className="stack">
        <Alert type="info" showIcon title={t("keys.help")} description={<code>Authorization: Bearer …</code>} />
        {made ? <Secret title={t("keys.made")} hint={t("keys.once")} value={made.secret} onClose={() => setMade(null)} /> : null}
        <Card label={t("keys.title")}>
          {revoke.isError ? <FailureView error={revoke.error} /> : null}
          {rotate.isError ? <FailureView error={rotate.error} /> : null}
          <Answer query={keys}>
            {(page) => (
              <DataTable<ApiKey>
                label={t("keys.title")}
                file="api-keys"
                rows={page.items.filter((k) => k.account === party?.account)}
                rowKey={(k) => k.id}
                tools={<Button size="small" type="primary" onClick={() => setMaking(true)}>{t("keys.create")}</Button>}
                empty={<Empty title={t("keys.none")} hint={t("keys.noneHint")} />}
                columns={[
                  { key: "name", title: t("keys.name"), head: true, value: (k) => k.name },
                  {
                    key: "state",
                    title: t("common.state"),
                    value: (k) => t(`keys.state.${keyState(k, now)}`),
                    render: (k) => <Badge colour={colours[keyState(k, now)]}>{t(`keys.state.${keyState(k, now)}`)}</Badge>,
                  },
                  { key: "scopes", title: t("keys.scopes"), value: (k) => k.scopes.join(" "), render: (k) => <span className="mono">{k.scopes.join(" ")}</span> },
                  { key: "expires", title: t("keys.expires"), value: (k) => date(k.expires_at) },
                  { key: "used", title: t("keys.lastUsed"), value: (k) => (k.last_used_at ? date(k.last_used_at) : t("keys.never")) },
                  { key: "created", title: t("keys.createdAt"), value: (k) => date(k.created_at), minor: true },
                  {
                    key: "actions",
                    title: t("common.actions"),
                    sortable: false,
                    value: () => null,
                    render: (k) => (
                      <Space>
                      <Button size="small" disabled={keyState(k, now) !== "active"} onClick={() => rotate.mutate(k.id)}>{t("keys.rotate")}</Button>
                      <Popconfirm title={t("keys.revokeAsk")} onConfirm={() => revoke.mutate(k.id)} okText={t("keys.revoke")} cancelText={t("common.cancel")}>
                        <Button size="small" danger disabled={Boolean(k.revoked_at)}>{t("keys.revoke")}</Button>
                      </Popconfirm>
                      </Space>
                    ),
                  },
                ]}
              />
            )}
          </Answer>
        </Card>
      </div>
      {making ? <Create onClose={() => setMaking(false)} onMade={setMade} /> : null}
    </PageFrame>
  );
}

interface Draft {
  name: string;
  scopes: string[];
  until: string;
}

function Create({ onClose, onMade }: { onClose: () => void; onMade: (key: NewKey) => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const create = useMutation({
    mutationFn: (draft: Draft) => api.createApiKey(draft.name.trim(), draft.scopes, `${draft.until}T23:59:59Z`),
    onSuccess: async (key) => {
      await client.invalidateQueries({ queryKey: ["api-keys"] });
      void message.success(t("keys.made"));
      onMade(key);
      onClose();
    },
  });
  const required = { required: true, message: t("components.required") };
  return (
    <Modal open title={t("keys.create")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={create.isPending} okText={t("common.save")}>
      {create.isError ? <FailureView error={create.error} /> : null}
      <Form form={form} layout="vertical" initialValues={{ scopes: ["read"] }} onFinish={create.mutate}>
        <Form.Item name="name" label={t("keys.name")} rules={[required]}><Input maxLength={100} placeholder={t("keys.namePlaceholder")} /></Form.Item>
        <Form.Item name="scopes" label={t("keys.scopes")} extra={t("keys.scopesHelp")} rules={[required]}>
          <Select mode="tags" options={["read", "run", "ingest", "admin"].map((value) => ({ value, label: value }))} />
        </Form.Item>
        <Form.Item name="until" label={t("keys.expires")} rules={[required]}><DateField /></Form.Item>
      </Form>
    </Modal>
  );
}
