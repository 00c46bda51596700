// Another node asks to sign a person in: who asks, what it will be told, yes or no.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Button, Descriptions } from "antd";
import { useEffect, useMemo } from "react";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { signOut, useSession } from "../../sdk/session";
import { Answer, FailureView, Waiting } from "../../sdk/States";
import type { AuthorizationRequest, Considered, Role } from "../../sdk/types";

const FIELDS = [
  "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "response_mode", "prompt", "max_age",
] as const;

/** The request as it came; what the node does not know is left out. */
export function requestOf(search: string): AuthorizationRequest {
  const query = new URLSearchParams(search);
  return Object.fromEntries(FIELDS.filter((name) => query.has(name)).map((name) => [name, query.get(name)])) as AuthorizationRequest;
}

export function Authorize() {
  const t = useT();
  const navigate = useNavigate();
  const session = useSession();
  const here = window.location.pathname + window.location.search;
  useEffect(() => {
    document.title = `${t("authorize.title")} · ${t("app.name")}`;
    if (session.data === null) void navigate({ to: "/sign-in", search: { next: here } });
    else if (session.data?.must_change_password) void navigate({ to: "/password" });
    else if (session.data?.must_show_second_factor) void navigate({ to: "/security" });
  }, [t, session.data, navigate, here]);
  const ready = session.data && !session.data.must_change_password && !session.data.must_show_second_factor;
  return (
    <main className="sign-form" style={{ minHeight: "100dvh" }}>
      <div className="card">
        <h1 style={{ fontSize: 22, marginBottom: 16 }}>{t("authorize.title")}</h1>
        {session.error ? <FailureView error={session.error} /> : null}
        {ready ? <Question /> : session.error ? null : <Waiting rows={4} />}
      </div>
    </main>
  );
}

function Question() {
  const t = useT();
  const request = useMemo(() => requestOf(window.location.search), []);
  const considered = useAsk(["authorization", request], () => api.authorization(request));
  return <Answer query={considered}>{(asked) => <Decision asked={asked} request={request} key={asked.client_id + t("app.name")} />}</Answer>;
}

function Decision({ asked, request }: { asked: Considered; request: AuthorizationRequest }) {
  const t = useT();
  const navigate = useNavigate();
  const decide = useMutation({
    mutationFn: (agree: boolean) => api.decideAuthorization(request, agree),
    onSuccess: ({ redirect }) => window.location.assign(redirect),
  });
  const { mutate } = decide;
  const goesOn = asked.agreed_before && !asked.sign_in_again;
  // What was agreed to before is not asked again; it stands under "My security", where it can be taken back.
  useEffect(() => {
    if (goesOn) mutate(true);
  }, [goesOn, mutate]);
  const again = async () => {
    const next = window.location.pathname + window.location.search;
    await signOut();
    await navigate({ to: "/sign-in", search: { next } });
  };
  const busy = decide.isPending || decide.isSuccess;
  const value = (claim: string, said: string | null | undefined) =>
    claim === "sub" ? t("authorize.opaque") : claim === "role" ? t(`role.${said as Role}`) : (said ?? "—");
  return (
    <div className="stack">
      {decide.error ? <FailureView error={decide.error} /> : null}
      <p><b>{t("authorize.asks", { name: asked.client_name })}</b></p>
      <p className="muted">{t("authorize.goesTo", { host: asked.client_host })}</p>
      <p>{t("authorize.willTell")}</p>
      <Descriptions
        column={1}
        size="small"
        bordered
        items={asked.told.map(({ claim, value: said }) => ({
          key: claim,
          label: t(`authorize.claim.${claim as "sub" | "name" | "role" | "organisation" | "region"}`),
          children: value(claim, said),
        }))}
      />
      {asked.offline ? <p>{t("authorize.offline")}</p> : null}
      {asked.sign_in_again ? (
        <>
          <Alert type="info" showIcon title={t("authorize.again")} />
          <Button type="primary" size="large" block onClick={() => void again()}>{t("authorize.signInAgain")}</Button>
        </>
      ) : (
        <Button type="primary" size="large" block loading={busy} onClick={() => decide.mutate(true)}>{busy ? t("authorize.going") : t("authorize.agree")}</Button>
      )}
      <Button block disabled={busy} onClick={() => decide.mutate(false)}>{t("authorize.refuse")}</Button>
    </div>
  );
}
