import { useMutation } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Popconfirm, Select, Space } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { regionName } from "../../sdk/regions";
import { Secret } from "../../sdk/Secret";
import { useParty } from "../../sdk/session";
import { Answer, FailureView } from "../../sdk/States";
import type { Account, NewAccount, Role } from "../../sdk/types";
import { useStepUp } from "../security/StepUp";
import { ADMINISTRATORS } from "../../shell/Navigation";
import { usePalette } from "../../shell/preferences";

export const ROLES: Role[] = ["system_administrator", "security_administrator", "auditor", "government", "industry_body", "enterprise", "component_author"];

/** A closed account of an administrator or auditor is opened by the security administrator's approval alone. */
function awaiting(account: Account): boolean {
  return account.disabled && ADMINISTRATORS.includes(account.role);
}

function isLocked(account: Account): boolean {
  return Boolean(account.locked_until && new Date(account.locked_until) > new Date());
}

export function Accounts() {
  const t = useT();
  const palette = usePalette();
  const own = useParty();
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const accounts = useAsk(["accounts"], api.accounts);
  const toggle = useMutation({
    mutationFn: ({ id, disabled }: { id: string; disabled: boolean }) => api.setAccountDisabled(id, disabled),
    onSuccess: () => client.invalidateQueries({ queryKey: ["accounts"] }),
  });
  const { guarded, dialog } = useStepUp();
  const act = useMutation({
    mutationFn: (run: () => Promise<unknown>) => guarded(run),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["accounts"] });
      void message.success(t("accounts.done"));
    },
  });
  const reset = useMutation({
    mutationFn: async (account: Account) => ({ account, password: (await guarded(() => api.resetPassword(account.id))).password }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["accounts"] }),
  });
  const stateText = (a: Account) => (awaiting(a) ? t("accounts.awaiting") : isLocked(a) ? t("accounts.locked") : a.disabled ? t("accounts.disabled") : t("accounts.enabled"));
  return (
    <>
      {reset.isError ? <FailureView error={reset.error} /> : null}
      {reset.data ? (
        <div style={{ marginBottom: 12 }}>
          <Secret
            title={t("accounts.resetDone", { name: reset.data.account.display_name })}
            hint={t("accounts.resetHint")}
            value={reset.data.password}
            onClose={reset.reset}
          />
        </div>
      ) : null}
      {dialog}
      {act.isError ? <FailureView error={act.error} /> : null}
      {toggle.isError ? <FailureView error={toggle.error} /> : null}
      <Answer query={accounts}>
        {(page) => (
          <DataTable
            label={t("accounts.tabAccounts")}
            file="accounts"
            rows={page.items}
            rowKey={(a) => a.id}
            tools={own?.role === "system_administrator" ? <Button size="small" type="primary" onClick={() => setOpen(true)}>{t("accounts.create")}</Button> : undefined}
            columns={[
              { key: "display", title: t("accounts.displayName"), value: (a) => a.display_name },
              { key: "username", title: t("accounts.username"), value: (a) => a.username },
              { key: "role", title: t("accounts.role"), value: (a) => t(`role.${a.role}`) },
              { key: "organisation", title: t("accounts.organisation"), value: (a) => a.organisation ?? null },
              { key: "region", title: t("common.region"), value: (a) => (a.region ? regionName(a.region) : null) },
              {
                key: "state",
                title: t("common.state"),
                value: stateText,
                render: (a) => <Badge colour={a.disabled ? palette.gap : palette.ok}>{stateText(a)}</Badge>,
              },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (a) =>
                  own?.role === "system_administrator" && !awaiting(a) ? (
                    <span style={{ display: "inline-flex", gap: 8, flexWrap: "wrap" }}>
                      <Button size="small" disabled={a.id === own.account} onClick={() => toggle.mutate({ id: a.id, disabled: !a.disabled })}>
                        {a.disabled ? t("accounts.enable") : t("accounts.disable")}
                      </Button>
                      <Popconfirm
                        title={t("accounts.resetAsk", { name: a.display_name })}
                        onConfirm={() => reset.mutate(a)}
                        okText={t("accounts.reset")}
                        cancelText={t("common.cancel")}
                      >
                        <Button size="small" disabled={a.id === own.account || a.kind !== "person"}>{t("accounts.reset")}</Button>
                      </Popconfirm>
                    </span>
                  ) : own?.role === "security_administrator" && awaiting(a) ? (
                    <Button size="small" type="primary" onClick={() => act.mutate(() => api.approveAccount(a.id))}>{t("accounts.approve")}</Button>
                  ) : own?.role === "security_administrator" && a.id !== own.account ? (
                    <Space wrap>
                      {isLocked(a) ? <Button size="small" onClick={() => act.mutate(() => api.unlockAccount(a.id))}>{t("accounts.unlock")}</Button> : null}
                      <Popconfirm title={t("accounts.resetFactor")} onConfirm={() => act.mutate(() => api.resetSecondFactor(a.id))} okText={t("common.yes")} cancelText={t("common.cancel")}>
                        <Button size="small">{t("accounts.resetFactor")}</Button>
                      </Popconfirm>
                      <Button size="small" danger onClick={() => act.mutate(() => api.endSessionsOf(a.id))}>{t("accounts.endSessions")}</Button>
                    </Space>
                  ) : null,
              },
            ]}
          />
        )}
      </Answer>
      {open ? <Create onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<NewAccount>();
  const role = Form.useWatch("role", form);
  const create = useMutation({
    mutationFn: (account: NewAccount) => api.createAccount({ ...account, organisation: account.organisation || null, region: account.region || null }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["accounts"] });
      void message.success(t("accounts.created"));
      onClose();
    },
  });
  const required = { required: true, message: t("components.required") };
  return (
    <Modal open title={t("accounts.create")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={create.isPending} okText={t("common.save")}>
      {create.isError ? <FailureView error={create.error} /> : null}
      <Form form={form} layout="vertical" onFinish={create.mutate} autoComplete="off">
        <Form.Item name="username" label={t("accounts.username")} rules={[required]}><Input autoComplete="off" /></Form.Item>
        <Form.Item name="display_name" label={t("accounts.displayName")} rules={[required]}><Input /></Form.Item>
        <Form.Item name="role" label={t("accounts.role")} rules={[required]}>
          <Select options={ROLES.map((r) => ({ value: r, label: t(`role.${r}`) }))} />
        </Form.Item>
        <Form.Item name="organisation" label={t("accounts.organisation")} extra={t("accounts.organisationHelp")} rules={role === "enterprise" ? [required] : []}>
          <Input maxLength={18} />
        </Form.Item>
        <Form.Item name="region" label={t("accounts.region")}><Input maxLength={6} placeholder="330000" /></Form.Item>
        <Form.Item name="password" label={t("accounts.password")} extra={t("password.rule")} rules={[{ ...required, min: 12, message: t("password.tooShort") }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
