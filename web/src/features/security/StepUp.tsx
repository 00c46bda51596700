// Sensitive acts: when the node wants the second factor again, ask for it and repeat the act.
import { Alert, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { api, Refusal } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { Answer, FailureView } from "../../sdk/States";
import type { Factor, SecurityCard } from "../../sdk/types";
import { FactorForm } from "./FactorForm";
import { SECURITY_KEY } from "./keys";

interface Pending {
  resolve: () => void;
  reject: (cause: unknown) => void;
}

/** Which factors the account can show. */
function methodsOf(card: SecurityCard): string[] {
  return [
    ...(card.passkeys.some((p) => !p.suspended_at) ? ["passkey"] : []),
    ...(card.totp_since ? ["totp"] : []),
    ...(card.recovery_codes_left > 0 ? ["recovery_code"] : []),
  ];
}

/** `guarded(act)` runs the act, after a fresh second factor where the node asks for one; `dialog` goes on the page. */
export function useStepUp(): { guarded: <R>(act: () => Promise<R>) => Promise<R>; dialog: ReactNode } {
  const t = useT();
  const [pending, setPending] = useState<Pending | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const guarded = async <R,>(act: () => Promise<R>): Promise<R> => {
    try {
      return await act();
    } catch (cause) {
      if (!(cause instanceof Refusal) || cause.problem.code !== "trust/step-up-required") throw cause;
      await new Promise<void>((resolve, reject) => setPending({ resolve, reject: () => reject(cause) }));
      return act();
    }
  };
  const finish = (end: (p: Pending) => void) => {
    if (pending) end(pending);
    setPending(null);
    setError(null);
  };
  const show = async (factor: Factor) => {
    setBusy(true);
    try {
      await api.stepUp(factor);
      finish((p) => p.resolve());
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  const dialog = (
    <Modal open={pending !== null} title={t("security.again")} footer={null} destroyOnHidden onCancel={() => finish((p) => p.reject(null))}>
      {error ? <FailureView error={error} /> : null}
      <OwnFactors busy={busy} onFactor={(f) => void show(f)} onFailure={setError} onCancel={() => finish((p) => p.reject(null))} />
    </Modal>
  );
  return { guarded, dialog };
}

interface OwnProps {
  busy: boolean;
  onFactor: (factor: Factor) => void;
  onFailure: (cause: unknown) => void;
  onCancel: () => void;
}

/** The factors of the account; looked up only once the node asks for one. */
function OwnFactors(props: OwnProps) {
  const t = useT();
  const card = useAsk(SECURITY_KEY, api.security);
  return (
    <Answer query={card}>
      {(own) => {
        const methods = methodsOf(own);
        // Whoever showed the second factor at another provider shows it there again.
        if (methods.length === 0) return <Alert type="info" showIcon title={t("federation.noFactorHere")} />;
        return <FactorForm methods={methods} askForPasskey={api.askForPasskeyAgain} {...props} />;
      }}
    </Answer>
  );
}
