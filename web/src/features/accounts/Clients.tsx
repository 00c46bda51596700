// Nodes and programs whose people sign in here: registered by the system administrator, let in by the security administrator.
import { useMutation } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Modal, Popconfirm, Space } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Secret } from "../../sdk/Secret";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { ClientCard, ClientState, NewClient } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";
import { useStepUp } from "../security/StepUp";

const CLIENTS_KEY = ["clients"];

export function Clients() {
  const t = useT();
  const palette = usePalette();
  const role = useParty()?.role;
  const { guarded, dialog } = useStepUp();
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<{ id: string; secret: string } | null>(null);
  const clients = useAsk(CLIENTS_KEY, api.clients);
  const again = () => client.invalidateQueries({ queryKey: CLIENTS_KEY });
  const register = useMutation({
    mutationFn: (body: NewClient) => guarded(() => api.registerClient(body)),
    onSuccess: async (made) => {
      setMaking(false);
      if (made.secret) setShown({ id: made.client.id, secret: made.secret });
      await again();
    },
  });
  const change = useMutation({
    mutationFn: ({ id, state }: { id: string; state: ClientState }) => guarded(() => api.setClientState(id, state)),
    onSuccess: again,
  });
  const renew = useMutation({
    mutationFn: (id: string) => guarded(() => api.renewClientSecret(id)),
    onSuccess: ({ secret }, id) => setShown({ id, secret }),
  });
  const colours: Record<ClientState, string> = { waiting: palette.ink3, active: palette.ok, revoked: palette.gap };
  const error = change.error ?? renew.error;
  return (
    <div className="stack">
      {dialog}
      <p>{t("clients.about")}</p>
      {role === "system_administrator" ? <div><Button type="primary" onClick={() => setMaking(true)}>{t("clients.register")}</Button></div> : null}
      {shown ? <Secret title={t("clients.secret")} hint={t("clients.once", { id: shown.id })} value={shown.secret} onClose={() => setShown(null)} /> : null}
      {error ? <FailureView error={error} /> : null}
      <Answer query={clients}>
        {(page) => (
          <DataTable<ClientCard>
            label={t("clients.tab")}
            file="clients"
            rows={page.items}
            rowKey={(c) => c.id}
            empty={<Empty title={t("clients.none")} hint={t("clients.noneHint")} />}
            columns={[
              { key: "name", title: t("clients.name"), head: true, value: (c) => c.name },
              {
                key: "state",
                title: t("common.state"),
                value: (c) => t(`clients.state.${c.state}`),
                render: (c) => <Badge colour={colours[c.state]}>{t(`clients.state.${c.state}`)}</Badge>,
              },
              {
                key: "redirects",
                title: t("clients.redirects"),
                value: (c) => c.redirect_uris.join(" "),
                render: (c) => <span className="mono" style={{ overflowWrap: "anywhere" }}>{c.redirect_uris.join(" ")}</span>,
              },
              { key: "scopes", title: t("clients.scopes"), value: (c) => c.scopes.join(" "), minor: true },
              { key: "kind", title: t("clients.kind"), value: (c) => (c.signs ? t("clients.signs") : t("clients.secretKind")), minor: true },
              { key: "created", title: t("clients.created"), value: (c) => date(c.created_at), minor: true },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (c) => (
                  <Space wrap>
                    {role === "security_administrator" && c.state === "waiting" ? (
                      <Button size="small" type="primary" onClick={() => change.mutate({ id: c.id, state: "active" })}>{t("clients.activate")}</Button>
                    ) : null}
                    {role === "security_administrator" && c.state !== "revoked" ? (
                      <Popconfirm title={t("clients.revokeAsk")} onConfirm={() => change.mutate({ id: c.id, state: "revoked" })} okText={t("clients.revoke")} cancelText={t("common.cancel")}>
                        <Button size="small" danger>{t("clients.revoke")}</Button>
                      </Popconfirm>
                    ) : null}
                    {role === "system_administrator" && !c.signs && c.state !== "revoked" ? (
                      <Popconfirm title={t("clients.renewAsk")} onConfirm={() => renew.mutate(c.id)} okText={t("clients.renew")} cancelText={t("common.cancel")}>
                        <Button size="small">{t("clients.renew")}</Button>
                      </Popconfirm>
                    ) : null}
                  </Space>
                ),
              },
            ]}
          />
        )}
      </Answer>
      {making ? <Register error={register.error} busy={register.isPending} onClose={() => setMaking(false)} onRegister={register.mutate} /> : null}
    </div>
  );
}

interface Draft {
  name: string;
  redirects: string;
  logouts?: string;
  scopes: string[];
}

const lines = (text: string | undefined) => (text ?? "").split(/\s+/).filter((line) => line !== "");

function Register(props: { error: unknown; busy: boolean; onClose: () => void; onRegister: (body: NewClient) => void }) {
  const t = useT();
  const [form] = Form.useForm<Draft>();
  const submit = (draft: Draft) =>
    props.onRegister({
      name: draft.name.trim(),
      redirect_uris: lines(draft.redirects),
      logout_uris: lines(draft.logouts),
      scopes: ["openid", ...draft.scopes.filter((scope) => scope !== "openid")],
    });
  return (
    <Modal open title={t("clients.register")} onCancel={props.onClose} onOk={() => form.submit()} confirmLoading={props.busy} okText={t("common.save")}>
      {props.error ? <FailureView error={props.error} /> : null}
      <Form form={form} layout="vertical" initialValues={{ scopes: ["openid", "profile", "brain"] }} onFinish={submit}>
        <Form.Item name="name" label={t("clients.name")} rules={[{ required: true, whitespace: true, message: t("components.required") }]}><Input maxLength={64} /></Form.Item>
        <Form.Item name="redirects" label={t("clients.redirects")} extra={t("clients.redirectsHelp")} rules={[{ required: true, message: t("clients.needRedirect") }]}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} className="mono" />
        </Form.Item>
        <Form.Item name="logouts" label={t("clients.logouts")}><Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} className="mono" /></Form.Item>
        <Form.Item name="scopes" label={t("clients.scopes")}>
          <Checkbox.Group
            options={(["openid", "profile", "brain", "offline_access"] as const).map((value) => ({ value, disabled: value === "openid", label: t(`federation.scope.${value}`) }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
