import { useMutation } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Popconfirm, Select } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { DateField } from "../../sdk/DateField";
import { date } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { GrantEntry, Role } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";
import { ROLES } from "./Accounts";

/** A grant's subject as text: a role by its name, an account by its id. */
export function subjectText(subject: unknown, roleName: (role: Role) => string): string {
  if (typeof subject === "string") {
    const bare = subject.replace(/^role:/, "");
    const role = ROLES.find((r) => r === bare);
    return role ? roleName(role) : subject;
  }
  if (typeof subject === "object" && subject !== null) {
    const entry = Object.entries(subject)[0];
    if (entry) return subjectText(entry[1], roleName);
  }
  return "—";
}

function isEverything(rows: unknown): boolean {
  if (rows === null || rows === undefined) return true;
  return typeof rows === "object" && "all" in rows && Array.isArray(rows.all) && rows.all.length === 0;
}

export function Grants() {
  const t = useT();
  const { message } = App.useApp();
  const security = useParty()?.role === "security_administrator";
  const [open, setOpen] = useState(false);
  const grants = useAsk(["grants"], api.grants);
  const revoke = useMutation({
    mutationFn: (id: string) => api.revokeGrant(id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["grants"] });
      void message.success(t("accounts.revoked"));
    },
  });
  const gradeName = useGradeName();
  // What a grant reaches is more than its row filter: which datasets, up to which grade, and which columns are masked.
  const rowsText = (g: GrantEntry) =>
    [
      t(`accounts.reach.${g.reach}`),
      isEverything(g.rows) ? "" : JSON.stringify(g.rows),
      g.grade_max ? t("accounts.gradeMax", { grade: gradeName(g.grade_max) }) : "",
    ].filter(Boolean).join(" · ");
  const maskText = (g: GrantEntry) =>
    [...Object.keys(g.masks), ...(g.mask_from ? [t("accounts.maskFrom", { grade: gradeName(g.mask_from) })] : [])].join("、") || t("common.none");
  const clip = (value: string) => <span style={{ display: "inline-block", maxWidth: 260, whiteSpace: "normal", overflowWrap: "anywhere" }}>{value}</span>;
  return (
    <>
      {revoke.isError ? <FailureView error={revoke.error} /> : null}
      <Answer query={grants}>
        {(page) => (
          <DataTable<GrantEntry>
            label={t("accounts.tabGrants")}
            file="grants"
            rows={page.items}
            rowKey={(g) => g.id}
            tools={security ? <Button size="small" type="primary" onClick={() => setOpen(true)}>{t("accounts.issue")}</Button> : undefined}
            empty={<Empty title={t("accounts.noGrants")} hint={t("accounts.noGrantsHint")} />}
            columns={[
              { key: "subject", title: t("accounts.subject"), value: (g) => subjectText(g.subject, (r) => t(`role.${r}`)) },
              { key: "dataset", title: t("accounts.dataset"), value: (g) => g.dataset, render: (g) => <span className="mono">{g.dataset}</span> },
              {
                key: "rows",
                title: t("accounts.rows"),
                value: rowsText,
                render: (g) => clip(rowsText(g)),
              },
              {
                key: "masks",
                title: t("accounts.masks"),
                value: maskText,
                render: (g) => clip(maskText(g)),
              },
              { key: "until", title: t("accounts.until"), value: (g) => (g.until ? date(g.until) : t("accounts.forever")) },
              { key: "basis", title: t("accounts.basis"), value: (g) => text(g.basis), render: (g) => clip(text(g.basis) || "—") },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (g) => security ? (
                  <Popconfirm title={t("accounts.revokeAsk")} onConfirm={() => revoke.mutate(g.id)} okText={t("accounts.revoke")} cancelText={t("common.cancel")}>
                    <Button size="small" danger disabled={Boolean(g.revoked_at)}>{t("accounts.revoke")}</Button>
                  </Popconfirm>
                ) : null,
              },
            ]}
          />
        )}
      </Answer>
      {open ? <Issue onClose={() => setOpen(false)} /> : null}
    </>
  );
}

interface Draft {
  role: Role;
  dataset: string;
  purpose: string;
  until?: string;
  basis: string;
}

function Issue({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const issue = useMutation({
    mutationFn: (draft: Draft) =>
      api.issueGrant({
        subject: { role: draft.role },
        dataset: draft.dataset,
        rows: { all: [] },
        masks: {},
        purpose: draft.purpose,
        until: draft.until ? `${draft.until}T23:59:59Z` : null,
        basis: { zh: draft.basis, en: draft.basis },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["grants"] });
      void message.success(t("accounts.issued"));
      onClose();
    },
  });
  const required = { required: true, message: t("components.required") };
  return (
    <Modal open title={t("accounts.issue")} onCancel={onClose} onOk={() => form.submit()} confirmLoading={issue.isPending} okText={t("common.save")}>
      {issue.isError ? <FailureView error={issue.error} /> : null}
      <Form form={form} layout="vertical" onFinish={issue.mutate}>
        <Form.Item name="role" label={t("accounts.subject")} rules={[required]}>
          <Select options={ROLES.filter((r) => r !== "security_administrator" && r !== "auditor").map((r) => ({ value: r, label: t(`role.${r}`) }))} />
        </Form.Item>
        <Form.Item name="dataset" label={t("accounts.dataset")} extra={t("accounts.datasetHelp")} rules={[required]}><Input className="mono" /></Form.Item>
        <Form.Item name="purpose" label={t("accounts.purpose")} rules={[required]}><Input /></Form.Item>
        <Form.Item name="until" label={t("accounts.until")}><DateField /></Form.Item>
        <Form.Item name="basis" label={t("accounts.basis")} rules={[required]}><Input /></Form.Item>
      </Form>
    </Modal>
  );
}
