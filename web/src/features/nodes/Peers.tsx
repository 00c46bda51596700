// Other nodes by their last statement: may data be exchanged with them, and why not.
import { useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Badge } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { PeerStanding } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

const ROLES = ["center", "brain", "edge"] as const;

export function Peers() {
  const t = useT();
  const palette = usePalette();
  const [page, setPage] = useState(1);
  const checks = useParty()?.role === "security_administrator";
  const peers = useAsk(["status-peers", page], () => api.peerStandings({ page, page_size: 25 }));
  const check = useMutation({
    mutationFn: (id: string) => api.checkPeer(id),
    onSettled: () => client.invalidateQueries({ queryKey: ["status-peers"] }),
  });
  const verdict = (p: PeerStanding) => t(p.accepted === true ? "nodes.accepted" : p.accepted === false ? "nodes.refused" : "nodes.unasked");
  const colour = (p: PeerStanding) => (p.accepted === true ? palette.ok : p.accepted === false ? palette.gap : palette.none);
  const role = (name: string) => {
    const known = ROLES.find((r) => r === name);
    return known ? t(`nodes.roleOf.${known}`) : name;
  };
  return (
    <div className="stack">
      {check.isError ? <FailureView error={check.error} /> : null}
      <Answer query={peers} rows={5}>
        {(found) => (
          <DataTable<PeerStanding>
            label={t("nodes.tabPeers")}
            file="nodes"
            rows={found.items}
            rowKey={(p) => p.id}
            paging={{ page, pageSize: 25, total: found.total, onChange: setPage }}
            empty={<Empty title={t("nodes.none")} hint={t("nodes.noneHint")} />}
            columns={[
              { key: "name", title: t("nodes.name"), value: (p) => p.name, head: true },
              { key: "role", title: t("nodes.role"), value: (p) => role(p.node_role) },
              { key: "state", title: t("nodes.state"), value: verdict, render: (p) => <Badge colour={colour(p)}>{verdict(p)}</Badge> },
              { key: "reason", title: t("nodes.reason"), value: (p) => p.reason ?? "" },
              { key: "version", title: t("nodes.version"), value: (p) => p.statement?.version ?? null },
              { key: "evidence", title: t("nodes.evidenceSize"), kind: "count", value: (p) => p.statement?.evidence.size ?? null },
              { key: "asked", title: t("nodes.askedAt"), kind: "instant", value: (p) => p.asked_at ?? null },
              { key: "address", title: t("nodes.address"), value: (p) => p.base_url ?? null, minor: true },
              { key: "program", title: t("nodes.program"), value: (p) => p.statement?.program ?? null, minor: true },
              ...(checks
                ? [
                    {
                      key: "actions",
                      title: t("common.actions"),
                      sortable: false,
                      value: () => null,
                      render: (p: PeerStanding) => (
                        <Button size="small" loading={check.isPending && check.variables === p.id} onClick={() => check.mutate(p.id)}>
                          {t("nodes.check")}
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Answer>
    </div>
  );
}
