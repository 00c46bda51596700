// Asks for the second factor: a code of the authenticator application, or a recovery code.
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { useT } from "../../sdk/i18n";
import type { Factor } from "../../sdk/types";

interface Props {
  methods: string[];
  busy: boolean;
  onFactor: (factor: Factor) => void;
  onCancel: () => void;
}

export function FactorForm({ methods, busy, onFactor, onCancel }: Props) {
  const t = useT();
  const [recovery, setRecovery] = useState(false);
  const submit = ({ code }: { code: string }) => onFactor(recovery ? { recovery_code: code.trim() } : { totp: code.trim() });
  return (
    <Form key={recovery ? "recovery" : "totp"} layout="vertical" requiredMark={false} onFinish={submit}>
      <Form.Item
        name="code"
        label={recovery ? t("security.recoveryCode") : t("security.code")}
        extra={recovery ? t("security.recoveryHelp") : t("security.codeHelp")}
        rules={[{ required: true, message: t("security.needCode") }]}
      >
        <Input size="large" autoFocus autoComplete="one-time-code" inputMode={recovery ? "text" : "numeric"} maxLength={recovery ? 30 : 7} />
      </Form.Item>
      <Button type="primary" size="large" htmlType="submit" block loading={busy}>{t("security.show")}</Button>
      {methods.includes("recovery_code") ? (
        <Button type="link" block onClick={() => setRecovery(!recovery)}>{recovery ? t("security.useCode") : t("security.useRecovery")}</Button>
      ) : null}
      <Button type="text" block onClick={onCancel}>{t("common.cancel")}</Button>
    </Form>
  );
}
