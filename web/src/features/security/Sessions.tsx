// Where the account is signed in, and ending what should not be.
import { useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { instant } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Badge, Card } from "../../sdk/Page";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { SessionCard } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";
import { SECURITY_KEY } from "./keys";

export function Sessions({ sessions }: { sessions: SessionCard[] }) {
  const t = useT();
  const palette = usePalette();
  const again = () => client.invalidateQueries({ queryKey: SECURITY_KEY });
  const end = useMutation({ mutationFn: api.endSession, onSuccess: again });
  const others = useMutation({ mutationFn: api.endOtherSessions, onSuccess: again });
  const error = end.error ?? others.error;
  return (
    <Card title={t("security.sessions")}>
      {error ? <FailureView error={error} /> : null}
      <DataTable
        label={t("security.sessions")}
        file="sessions"
        rows={sessions}
        rowKey={(s) => s.id}
        tools={<Button size="small" disabled={sessions.length < 2} onClick={() => others.mutate()}>{t("security.endOthers")}</Button>}
        columns={[
          { key: "began", title: t("security.began"), value: (s) => instant(s.created_at) },
          { key: "seen", title: t("security.seen"), value: (s) => instant(s.last_seen_at) },
          { key: "ip", title: t("security.address"), value: (s) => s.ip ?? null },
          {
            key: "agent",
            title: t("security.program"),
            value: (s) => s.user_agent ?? null,
            render: (s) => <span style={{ display: "inline-block", maxWidth: 280, whiteSpace: "normal", overflowWrap: "anywhere" }}>{s.user_agent ?? "—"}</span>,
          },
          {
            key: "actions",
            title: t("common.actions"),
            sortable: false,
            value: () => null,
            render: (s) =>
              s.current ? <Badge colour={palette.ok}>{t("security.thisOne")}</Badge> : <Button size="small" danger onClick={() => end.mutate(s.id)}>{t("security.end")}</Button>,
          },
        ]}
      />
    </Card>
  );
}
