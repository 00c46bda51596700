// Who decides in one's organisation's place, and until when.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Form, Input } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { DateField } from "../../sdk/DateField";
import { date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { DelegationCard } from "../../sdk/types";

interface Draft {
  delegate: string;
  until: string;
}

export function Delegations() {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const given = useAsk(["delegations"], api.delegations);
  const after = async () => {
    await client.invalidateQueries({ queryKey: ["delegations"] });
    void message.success(t("requests.done"));
    form.resetFields();
  };
  const give = useMutation({ mutationFn: (d: Draft) => api.delegate({ delegate: d.delegate, until: `${d.until}T15:59:59Z` }), onSuccess: after });
  const end = useMutation({ mutationFn: (id: string) => api.endDelegation(id), onSuccess: after });
  const required = { required: true, message: t("components.required") };
  return (
    <>
      {give.isError ? <FailureView error={give.error} /> : null}
      {end.isError ? <FailureView error={end.error} /> : null}
      <Form form={form} layout="inline" onFinish={give.mutate} style={{ marginBottom: 16, rowGap: 8 }}>
        <Form.Item name="delegate" label={t("requests.delegate")} rules={[required]}><Input autoComplete="off" /></Form.Item>
        <Form.Item name="until" label={t("requests.until")} rules={[required]}><DateField /></Form.Item>
        <Button htmlType="submit" type="primary" loading={give.isPending}>{t("requests.give")}</Button>
      </Form>
      <Answer query={given}>
        {(page) => (
          <DataTable<DelegationCard>
            label={t("requests.tabDelegations")}
            rows={page.items}
            rowKey={(d) => d.id}
            empty={<Empty title={t("requests.noDelegations")} hint={t("requests.noDelegationsHint")} />}
            columns={[
              { key: "delegate", title: t("requests.delegate"), value: (d) => d.delegate_name, head: true },
              { key: "until", title: t("requests.until"), value: (d) => date(d.until) },
              { key: "revoked", title: t("requests.state"), value: (d) => (d.revoked_at ? t("requests.stateOf.revoked") : t("requests.holds")) },
              {
                key: "actions",
                title: t("common.actions"),
                sortable: false,
                value: () => null,
                render: (d) => <Button size="small" disabled={Boolean(d.revoked_at)} onClick={() => end.mutate(d.id)}>{t("accounts.revoke")}</Button>,
              },
            ]}
          />
        )}
      </Answer>
    </>
  );
}
