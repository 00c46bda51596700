// Back from a provider: the node checks what the address says, and the person goes on.
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { api, Refusal } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { client } from "../../sdk/query";
import { SESSION_KEY } from "../../sdk/session";
import { FailureView, Waiting } from "../../sdk/States";
import type { Factor, SecondFactorNeeded, SessionState } from "../../sdk/types";
import { FactorForm } from "../security/FactorForm";
import { NEXT_KEY, safeNext } from "./SignIn";

export function Return() {
  const t = useT();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState<SecondFactorNeeded | null>(null);
  const [busy, setBusy] = useState(false);
  const begun = useRef(false);

  const opened = async (session: SessionState) => {
    const next = safeNext(sessionStorage.getItem(NEXT_KEY) ?? undefined);
    sessionStorage.removeItem(NEXT_KEY);
    client.clear();
    client.setQueryData(SESSION_KEY, session);
    if (session.must_change_password) await navigate({ to: "/password" });
    else if (session.must_show_second_factor) await navigate({ to: "/security" });
    else await navigate({ href: next });
  };

  useEffect(() => {
    document.title = `${t("signIn.title")} · ${t("app.name")}`;
    // A code works once; React may run an effect twice.
    if (begun.current) return;
    begun.current = true;
    const query = new URLSearchParams(window.location.search);
    const field = (name: string) => query.get(name) ?? undefined;
    // The code does not stay in the history.
    window.history.replaceState(null, "", window.location.pathname);
    api
      .arrive({ state: field("state") ?? "", code: field("code"), error: field("error"), iss: field("iss") })
      .then(async (answer) => {
        if ("challenge" in answer) setAsked(answer);
        else if ("party" in answer) await opened(answer);
        else await navigate({ to: "/security" });
      })
      .catch(setError);
  });

  const show = async (factor: Factor) => {
    if (!asked) return;
    setBusy(true);
    setError(null);
    try {
      await opened(await api.secondFactor(asked.challenge, factor));
    } catch (cause) {
      setError(cause);
      if (cause instanceof Refusal && cause.problem.code !== "trust/second-factor-wrong") setAsked(null);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="sign-form" style={{ minHeight: "100dvh" }}>
      <div className="card">
        <h1 style={{ fontSize: 22, marginBottom: 16 }}>{t("signIn.title")}</h1>
        {error ? <div style={{ marginBottom: 16 }}><FailureView error={error} /></div> : null}
        {asked ? (
          <FactorForm
            methods={asked.methods}
            busy={busy}
            askForPasskey={() => api.askForPasskey(asked.challenge)}
            onFactor={(factor) => void show(factor)}
            onFailure={setError}
            onCancel={() => void navigate({ to: "/sign-in" })}
          />
        ) : error ? (
          <Button block onClick={() => void navigate({ to: "/sign-in" })}>{t("federation.backToSignIn")}</Button>
        ) : (
          <>
            <p>{t("federation.returning")}</p>
            <Waiting rows={3} />
          </>
        )}
      </div>
    </main>
  );
}
