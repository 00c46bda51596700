import { useNavigate } from "@tanstack/react-router";
import { Alert, App, Button, Form, Input } from "antd";
import { useEffect, useState } from "react";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { SESSION_KEY, signOut, useSession } from "../../sdk/session";
import { FailureView, Waiting } from "../../sdk/States";

interface Values {
  old: string;
  next: string;
  again: string;
}

const SHORTEST = 12;

export function ChangePassword() {
  const t = useT();
  const navigate = useNavigate();
  const session = useSession();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const forced = session.data?.must_change_password === true;
  useEffect(() => {
    document.title = `${t("password.title")} · ${t("app.name")}`;
    if (session.data === null) void navigate({ to: "/sign-in" });
  }, [t, session.data, navigate]);

  const submit = async (values: Values) => {
    setBusy(true);
    setError(null);
    try {
      await api.changePassword(values.old, values.next);
      await client.invalidateQueries({ queryKey: SESSION_KEY });
      void message.success(t("password.done"));
      await navigate({ to: "/" });
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="sign-form" style={{ minHeight: "100dvh" }}>
      <div className="card">
        <h1 style={{ fontSize: 22, marginBottom: 16 }}>{t("password.title")}</h1>
        {session.isPending ? <Waiting /> : null}
        {forced ? <Alert type="info" showIcon title={t("password.mustChange")} style={{ marginBottom: 16 }} /> : null}
        {error ? <div style={{ marginBottom: 16 }}><FailureView error={error} /></div> : null}
        <Form layout="vertical" requiredMark={false} onFinish={(v: Values) => void submit(v)}>
          <Form.Item name="old" label={t("password.old")} rules={[{ required: true, message: t("signIn.needPassword") }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item
            name="next"
            label={t("password.next")}
            extra={t("password.rule")}
            rules={[{ required: true, min: SHORTEST, message: t("password.tooShort") }]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Form.Item
            name="again"
            label={t("password.again")}
            dependencies={["next"]}
            rules={[
              ({ getFieldValue }) => ({
                validator: (_, value) =>
                  value === getFieldValue("next") ? Promise.resolve() : Promise.reject(new Error(t("password.differ"))),
              }),
            ]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={busy}>{t("password.submit")}</Button>
          <Button
            type="text"
            block
            style={{ marginTop: 8 }}
            onClick={() => (forced ? void signOut().then(() => navigate({ to: "/sign-in" })) : void navigate({ to: "/" }))}
          >
            {forced ? t("bar.signOut") : t("common.cancel")}
          </Button>
        </Form>
      </div>
    </main>
  );
}
