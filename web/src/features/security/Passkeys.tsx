// Passkeys: add, name, remove. The browser makes them; the node checks and keeps the public half.
import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Space } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Badge, Card } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { SESSION_KEY } from "../../sdk/session";
import { Empty, FailureView } from "../../sdk/States";
import type { PasskeyCard } from "../../sdk/types";
import { canUsePasskeys, createPasskey, isKnownHere, wasCancelled } from "../../sdk/webauthn";
import { usePalette } from "../../shell/preferences";
import { Codes } from "./Codes";
import { SECURITY_KEY } from "./keys";
import { useStepUp } from "./StepUp";

export function Passkeys({ passkeys }: { passkeys: PasskeyCard[] }) {
  const t = useT();
  const palette = usePalette();
  const { message } = App.useApp();
  const { guarded, dialog } = useStepUp();
  const settings = useAsk(["portal"], api.portal).data;
  const [naming, setNaming] = useState<PasskeyCard | "new" | null>(null);
  const [codes, setCodes] = useState<string[]>([]);
  const [trouble, setTrouble] = useState<string | null>(null);
  const again = () => Promise.all([SECURITY_KEY, SESSION_KEY].map((queryKey) => client.invalidateQueries({ queryKey })));
  const add = useMutation({
    mutationFn: async (name: string) => {
      const asked = await guarded(api.beginPasskey);
      return api.confirmPasskey(await createPasskey(asked, name, settings?.node_name ?? t("app.name")));
    },
    onMutate: () => setTrouble(null),
    onSuccess: async (added) => {
      setNaming(null);
      setCodes(added.recovery_codes);
      void message.success(t("passkeys.added"));
      await again();
    },
    onError: (cause) => {
      setNaming(null);
      if (isKnownHere(cause)) setTrouble(t("passkeys.known"));
      else if (wasCancelled(cause)) setTrouble(t("passkeys.cancelled"));
    },
  });
  const rename = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) => api.renamePasskey(id, name),
    onSuccess: async () => {
      setNaming(null);
      await again();
    },
  });
  const remove = useMutation({ mutationFn: (id: string) => guarded(() => api.removePasskey(id)), onSuccess: again });
  const able = canUsePasskeys(settings?.public_url);
  const error = rename.error ?? remove.error ?? (add.error && !wasCancelled(add.error) && !isKnownHere(add.error) ? add.error : null);
  return (
    <Card
      title={t("passkeys.title")}
      tools={able ? <Button type="primary" loading={add.isPending} onClick={() => setNaming("new")}>{t("passkeys.add")}</Button> : undefined}
    >
      {dialog}
      {error ? <FailureView error={error} /> : null}
      {trouble ? <Alert type="info" showIcon title={trouble} style={{ marginBottom: 12 }} /> : null}
      <p>{t("passkeys.about")}</p>
      {codes.length > 0 ? <Codes codes={codes} onDone={() => setCodes([])} /> : null}
      {passkeys.some((p) => p.suspended_at) ? <Alert type="error" showIcon title={t("passkeys.suspendedHelp")} style={{ marginBottom: 12 }} /> : null}
      <DataTable<PasskeyCard>
        label={t("passkeys.title")}
        file="passkeys"
        rows={passkeys}
        rowKey={(p) => p.id}
        empty={<Empty title={t("passkeys.none")} hint={t("passkeys.noneHint")} />}
        columns={[
          { key: "name", title: t("passkeys.name"), head: true, value: (p) => p.name },
          {
            key: "state",
            title: t("common.state"),
            value: (p) => (p.suspended_at ? t("passkeys.suspended") : p.backed_up ? t("passkeys.synced") : t("passkeys.local")),
            render: (p) =>
              p.suspended_at ? <Badge colour={palette.gap}>{t("passkeys.suspended")}</Badge> : p.backed_up ? t("passkeys.synced") : t("passkeys.local"),
          },
          { key: "used", title: t("passkeys.used"), value: (p) => (p.last_used_at ? date(p.last_used_at) : t("passkeys.never")) },
          { key: "created", title: t("passkeys.created"), value: (p) => date(p.created_at), minor: true },
          {
            key: "actions",
            title: t("common.actions"),
            sortable: false,
            value: () => null,
            render: (p) => (
              <Space>
                <Button size="small" onClick={() => setNaming(p)}>{t("passkeys.rename")}</Button>
                <Popconfirm title={t("passkeys.removeAsk")} onConfirm={() => remove.mutate(p.id)} okText={t("passkeys.remove")} cancelText={t("common.cancel")}>
                  <Button size="small" danger>{t("passkeys.remove")}</Button>
                </Popconfirm>
              </Space>
            ),
          },
        ]}
      />
      {able || !settings ? null : (
        <p className="muted">
          {settings.public_url && settings.public_url !== window.location.origin
            ? t("passkeys.elsewhere", { url: settings.public_url })
            : t("passkeys.unavailable")}
        </p>
      )}
      {naming ? (
        <Naming
          title={naming === "new" ? t("passkeys.add") : t("passkeys.rename")}
          initial={naming === "new" ? "" : naming.name}
          busy={add.isPending || rename.isPending}
          onName={(name) => (naming === "new" ? add.mutate(name) : rename.mutate({ id: naming.id, name }))}
          onClose={() => setNaming(null)}
        />
      ) : null}
    </Card>
  );
}

function Naming(props: { title: string; initial: string; busy: boolean; onName: (name: string) => void; onClose: () => void }) {
  const t = useT();
  const [form] = Form.useForm<{ name: string }>();
  return (
    <Modal open title={props.title} onCancel={props.onClose} onOk={() => form.submit()} confirmLoading={props.busy} okText={t("common.save")}>
      <Form form={form} layout="vertical" initialValues={{ name: props.initial }} onFinish={({ name }) => props.onName(name.trim())}>
        <Form.Item name="name" label={t("passkeys.name")} rules={[{ required: true, whitespace: true, message: t("passkeys.needName") }]}>
          <Input maxLength={64} autoFocus placeholder={t("passkeys.namePlaceholder")} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
