// Asks for the second factor: a passkey, a code of the authenticator application, or a recovery code.
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { useT } from "../../sdk/i18n";
import type { Factor, PasskeyRequest } from "../../sdk/types";
import { showPasskey, wasCancelled } from "../../sdk/webauthn";

type Method = "passkey" | "totp" | "recovery_code";

interface Props {
  methods: string[];
  busy: boolean;
  /** Asks the node for the challenge that a passkey answers. */
  askForPasskey: () => Promise<PasskeyRequest>;
  onFactor: (factor: Factor) => void;
  onFailure: (cause: unknown) => void;
  onCancel: () => void;
}

const ORDER: Method[] = ["passkey", "totp", "recovery_code"];

export function FactorForm(props: Props) {
  const t = useT();
  const offered = ORDER.filter((method) => props.methods.includes(method));
  const [chosen, setChosen] = useState<Method | null>(null);
  const method = chosen && offered.includes(chosen) ? chosen : (offered[0] ?? "totp");
  const words: Record<Method, string> = { passkey: t("passkeys.use"), totp: t("security.useCode"), recovery_code: t("security.useRecovery") };
  return (
    <div>
      {method === "passkey" ? <ByPasskey {...props} /> : <ByCode key={method} recovery={method === "recovery_code"} busy={props.busy} onFactor={props.onFactor} />}
      {offered.filter((other) => other !== method).map((other) => (
        <Button key={other} type="link" block onClick={() => setChosen(other)}>{words[other]}</Button>
      ))}
      <Button type="text" block onClick={props.onCancel}>{t("common.cancel")}</Button>
    </div>
  );
}

function ByPasskey({ busy, askForPasskey, onFactor, onFailure }: Props) {
  const t = useT();
  const [asking, setAsking] = useState(false);
  const [cancelled, setCancelled] = useState(false);
  const show = async () => {
    setAsking(true);
    setCancelled(false);
    try {
      onFactor({ passkey: await showPasskey(await askForPasskey()) });
    } catch (cause) {
      if (wasCancelled(cause)) setCancelled(true);
      else onFailure(cause);
    } finally {
      setAsking(false);
    }
  };
  return (
    <div className="stack" style={{ marginBottom: 8 }}>
      {cancelled ? <Alert type="info" showIcon title={t("passkeys.cancelled")} /> : null}
      <Button type="primary" size="large" block autoFocus loading={busy || asking} onClick={() => void show()}>{t("passkeys.use")}</Button>
    </div>
  );
}

function ByCode({ recovery, busy, onFactor }: { recovery: boolean; busy: boolean; onFactor: (factor: Factor) => void }) {
  const t = useT();
  const submit = ({ code }: { code: string }) => onFactor(recovery ? { recovery_code: code.trim() } : { totp: code.trim() });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={submit}>
      <Form.Item
        name="code"
        label={recovery ? t("security.recoveryCode") : t("security.code")}
        extra={recovery ? t("security.recoveryHelp") : t("security.codeHelp")}
        rules={[{ required: true, message: t("security.needCode") }]}
      >
        <Input size="large" autoFocus autoComplete="one-time-code" inputMode={recovery ? "text" : "numeric"} maxLength={recovery ? 30 : 7} />
      </Form.Item>
      <Button type="primary" size="large" htmlType="submit" block loading={busy}>{t("security.show")}</Button>
    </Form>
  );
}
