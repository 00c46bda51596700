// The authenticator application: set up with a QR code drawn here, confirm, recovery codes, remove.
import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input, Popconfirm, QRCode, Space } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { client } from "../../sdk/query";
import { SESSION_KEY } from "../../sdk/session";
import { FailureView } from "../../sdk/States";
import type { SecurityCard, TotpSecret } from "../../sdk/types";
import { Codes } from "./Codes";
import { SECURITY_KEY } from "./keys";
import { useStepUp } from "./StepUp";

export function Authenticator({ card }: { card: SecurityCard }) {
  const t = useT();
  const { guarded, dialog } = useStepUp();
  const [secret, setSecret] = useState<TotpSecret | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const again = () => Promise.all([SECURITY_KEY, SESSION_KEY].map((queryKey) => client.invalidateQueries({ queryKey })));
  const begin = useMutation({ mutationFn: () => guarded(api.beginTotp), onSuccess: setSecret });
  const confirm = useMutation({
    mutationFn: api.confirmTotp,
    onSuccess: async (given) => {
      setSecret(null);
      setCodes(given.recovery_codes);
      await again();
    },
  });
  const renew = useMutation({
    mutationFn: () => guarded(api.renewRecoveryCodes),
    onSuccess: async (given) => {
      setCodes(given.recovery_codes);
      await again();
    },
  });
  const remove = useMutation({ mutationFn: () => guarded(api.removeTotp), onSuccess: again });
  const error = begin.error ?? confirm.error ?? renew.error ?? remove.error;
  return (
    <Card title={t("security.totp")}>
      {dialog}
      {error ? <FailureView error={error} /> : null}
      <p>
        {card.totp_since ? t("security.since", { when: date(card.totp_since) }) : t("security.none")}
        {card.totp_since ? ` · ${t("security.left", { count: card.recovery_codes_left })}` : null}
        {card.second_factor_required ? ` · ${t("security.required")}` : null}
      </p>
      {codes ? <Codes codes={codes} onDone={() => setCodes(null)} /> : null}
      {secret ? (
        <div className="stack">
          <p>{t("security.scan")}</p>
          <QRCode value={secret.uri} errorLevel="M" bgColor="#fff" color="#000" aria-label={t("security.qr")} />
          <p>{t("security.type")} <code className="mono" data-testid="totp-secret" style={{ overflowWrap: "anywhere" }}>{secret.secret}</code></p>
          <Form layout="inline" onFinish={({ code }: { code: string }) => confirm.mutate(code.trim())}>
            <Form.Item name="code" label={t("security.code")} rules={[{ required: true, message: t("security.needCode") }]}>
              <Input autoComplete="one-time-code" inputMode="numeric" maxLength={7} />
            </Form.Item>
            <Button type="primary" htmlType="submit" loading={confirm.isPending}>{t("security.confirm")}</Button>
          </Form>
        </div>
      ) : (
        <Space wrap>
          <Button type={card.totp_since ? "default" : "primary"} loading={begin.isPending} onClick={() => begin.mutate()}>
            {card.totp_since ? t("security.replace") : t("security.begin")}
          </Button>
          {card.totp_since ? (
            <>
              <Button loading={renew.isPending} onClick={() => renew.mutate()}>{t("security.renewCodes")}</Button>
              <Popconfirm title={t("security.removeAsk")} onConfirm={() => remove.mutate()} okText={t("security.remove")} cancelText={t("common.cancel")}>
                <Button danger loading={remove.isPending}>{t("security.remove")}</Button>
              </Popconfirm>
            </>
          ) : null}
        </Space>
      )}
    </Card>
  );
}
