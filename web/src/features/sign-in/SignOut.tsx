// Signing out because another node asks for it: the person confirms, and goes back where the node registered.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { useEffect, useMemo } from "react";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { signOut } from "../../sdk/session";
import { FailureView } from "../../sdk/States";

export function SignOut() {
  const t = useT();
  const navigate = useNavigate();
  const query = useMemo(() => Object.fromEntries(new URLSearchParams(window.location.search)), []);
  useEffect(() => {
    document.title = `${t("signOut.title")} · ${t("app.name")}`;
  }, [t]);
  const leave = useMutation({
    mutationFn: async () => {
      // Where to go is the node's word, never this page's address.
      const { redirect } = await api.farewell(query);
      await signOut();
      return redirect;
    },
    onSuccess: (redirect) => {
      if (redirect) window.location.assign(redirect);
      else void navigate({ to: "/sign-in" });
    },
  });
  return (
    <main className="sign-form" style={{ minHeight: "100dvh" }}>
      <div className="card">
        <h1 style={{ fontSize: 22, marginBottom: 16 }}>{t("signOut.title")}</h1>
        {leave.error ? <FailureView error={leave.error} /> : null}
        <div className="stack">
          <p>{t("signOut.ask")}</p>
          <Button type="primary" block loading={leave.isPending || leave.isSuccess} onClick={() => leave.mutate()}>{t("signOut.confirm")}</Button>
          <Button block onClick={() => void navigate({ to: "/" })}>{t("signOut.stay")}</Button>
        </div>
      </div>
    </main>
  );
}
