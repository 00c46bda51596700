import { KeyOutlined, LockOutlined, UserOutlined } from "@ant-design/icons";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Form, Input } from "antd";
import { useEffect, useState } from "react";
import { api, Refusal } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { client, useAsk } from "../../sdk/query";
import { SESSION_KEY } from "../../sdk/session";
import { FailureView } from "../../sdk/States";
import type { Factor, SecondFactorNeeded, SessionState } from "../../sdk/types";
import { canUsePasskeys, showPasskey, wasCancelled } from "../../sdk/webauthn";
import { Toggles } from "../../shell/Layout";
import { FactorForm } from "../security/FactorForm";

/** Where the page to go to is kept while somebody signs in elsewhere. */
export const NEXT_KEY = "brain.next";

/** Only addresses inside the portal: a link must not send a signed-in person elsewhere. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function SignIn() {
  const t = useT();
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  const settings = useAsk(["portal"], api.portal);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState<SecondFactorNeeded | null>(null);
  const [cancelled, setCancelled] = useState(false);
  const providers = useAsk(["providers"], api.providers);
  useEffect(() => {
    document.title = `${t("signIn.title")} · ${t("app.name")}`;
  }, [t]);

  const opened = async (session: SessionState) => {
    client.clear();
    client.setQueryData(SESSION_KEY, session);
    if (session.must_change_password) await navigate({ to: "/password" });
    else if (session.must_show_second_factor) await navigate({ to: "/security" });
    else await navigate({ href: safeNext(next) });
  };

  const enter = async (username: string, password: string) => {
    setBusy(username);
    setError(null);
    try {
      const answer = await api.signIn(username, password);
      if ("challenge" in answer) setAsked(answer);
      else await opened(answer);
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(null);
    }
  };

  const withPasskey = async () => {
    setBusy("passkey");
    setError(null);
    setCancelled(false);
    try {
      await opened(await api.signInWithPasskey(await showPasskey(await api.askForPasskey(null))));
    } catch (cause) {
      if (wasCancelled(cause)) setCancelled(true);
      else setError(cause);
    } finally {
      setBusy(null);
    }
  };

  const leave = async (provider: string) => {
    setBusy(provider);
    setError(null);
    try {
      const { redirect } = await api.depart(provider);
      // The way back ends on a page of its own; where to go then is kept here.
      sessionStorage.setItem(NEXT_KEY, safeNext(next));
      window.location.assign(redirect);
    } catch (cause) {
      setError(cause);
      setBusy(null);
    }
  };

  const show = async (factor: Factor) => {
    if (!asked) return;
    setBusy("factor");
    setError(null);
    try {
      await opened(await api.secondFactor(asked.challenge, factor));
    } catch (cause) {
      setError(cause);
      // The question is over: only the password leads to another one.
      if (cause instanceof Refusal && cause.problem.code !== "trust/second-factor-wrong") setAsked(null);
    } finally {
      setBusy(null);
    }
  };

  const demo = settings.data?.demo_accounts ?? [];
  return (
    <div className="sign">
      <section className="sign-art">
        <Art />
        <div>
          <h1>{t("app.name")}</h1>
          <p>{t("app.tagline")}</p>
          <ul>
            <li>{t("signIn.point1")}</li>
            <li>{t("signIn.point2")}</li>
            <li>{t("signIn.point3")}</li>
            <li>{t("signIn.point4")}</li>
          </ul>
        </div>
      </section>
      <main className="sign-form">
        <div>
          <div className="sign-top"><Toggles /></div>
          <h2>{t("signIn.title")}</h2>
          {error ? (
            <div style={{ marginBottom: 16 }}>
              {error instanceof Refusal && error.status === 401 ? (
                <Alert type="error" showIcon title={error.problem.detail ?? t("signIn.wrong")} description={error.problem.hint ?? undefined} />
              ) : (
                <FailureView error={error} />
              )}
            </div>
          ) : null}
          {settings.data && !settings.data.second_factor_enforced ? (
            <Alert type="warning" showIcon title={t("signIn.relaxed")} style={{ marginBottom: 16 }} />
          ) : null}
          {asked ? (
            <FactorForm
              methods={asked.methods}
              busy={busy !== null}
              askForPasskey={() => api.askForPasskey(asked.challenge)}
              onFactor={(factor) => void show(factor)}
              onFailure={setError}
              onCancel={() => setAsked(null)}
            />
          ) : (
          <Form layout="vertical" requiredMark={false} onFinish={(v: { username: string; password: string }) => void enter(v.username, v.password)}>
            <Form.Item name="username" label={t("signIn.username")} rules={[{ required: true, message: t("signIn.needUsername") }]}>
              <Input size="large" prefix={<UserOutlined aria-hidden="true" />} autoComplete="username" />
            </Form.Item>
            <Form.Item name="password" label={t("signIn.password")} rules={[{ required: true, message: t("signIn.needPassword") }]}>
              <Input.Password size="large" prefix={<LockOutlined aria-hidden="true" />} autoComplete="current-password" />
            </Form.Item>
            <Button type="primary" size="large" htmlType="submit" block loading={busy !== null}>
              {t("signIn.submit")}
            </Button>
          </Form>
          )}
          {cancelled ? <Alert type="info" showIcon title={t("passkeys.cancelled")} style={{ marginTop: 16 }} /> : null}
          {asked ? null : (
            <div className="stack" style={{ marginTop: 16, gap: 8 }}>
              {canUsePasskeys(settings.data?.public_url) ? (
                <Button block icon={<KeyOutlined aria-hidden="true" />} disabled={busy !== null} onClick={() => void withPasskey()}>{t("passkeys.signIn")}</Button>
              ) : null}
              {(providers.data ?? []).map((provider) => (
                <Button key={provider.id} block disabled={busy !== null} data-provider={provider.id} onClick={() => void leave(provider.id)}>
                  {t("federation.through", { name: text(provider.title) })}
                </Button>
              ))}
            </div>
          )}
          {demo.length > 0 && !asked ? (
            <section style={{ marginTop: 28 }} aria-label={t("signIn.demo")}>
              <b>{t("signIn.demo")}</b>
              <p className="muted">{t("signIn.demoHint")}</p>
              <div className="demo-list">
                {demo.map((account) => (
                  <button
                    key={account.username}
                    type="button"
                    disabled={busy !== null}
                    data-demo={account.username}
                    onClick={() => void enter(account.username, account.password)}
                  >
                    <span className="who-face" aria-hidden="true">{[...account.display_name][0]}</span>
                    <span>{account.display_name}</span>
                    <small>{t(`role.${account.role}`)}</small>
                  </button>
                ))}
              </div>
            </section>
          ) : null}
        </div>
      </main>
    </div>
  );
}

/** A chain, upstream left to downstream right, with one broken link. */
function Art() {
  const columns = [
    [90, 240, 400, 560],
    [160, 320, 480, 640],
    [120, 280, 520],
    [220, 400, 600],
    [310, 470],
  ];
  const x = (k: number) => 60 + k * 150;
  return (
    <svg viewBox="0 0 720 720" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      {columns.flatMap((column, k) =>
        (columns[k + 1] ?? []).flatMap((to, m) =>
          column
            .filter((_, n) => Math.abs(n - m) <= 1)
            .map((from) => (
              <path
                key={`${k}-${from}-${to}`}
                d={`M${x(k)} ${from} C${x(k) + 75} ${from} ${x(k + 1) - 75} ${to} ${x(k + 1)} ${to}`}
                fill="none"
                stroke="#7fb0ff"
                strokeOpacity=".35"
              />
            )),
        ),
      )}
      {columns.flatMap((column, k) =>
        column.map((y, n) => {
          const broken = k === 2 && n === 1;
          return (
            <circle
              key={`${k}-${y}`}
              cx={x(k)}
              cy={y}
              r={broken ? 10 : 5 + ((k * 7 + n * 3) % 5)}
              fill={broken ? "none" : "#9cc3ff"}
              fillOpacity={0.7}
              stroke={broken ? "#ffb454" : "none"}
              strokeWidth="2.5"
              strokeDasharray="4 3"
            />
          );
        }),
      )}
    </svg>
  );
}
