// Connectors: where data is fetched from, when, and what came of the last run.
import { useMutation } from "@tanstack/react-query";
import { Button, Popconfirm, Space, Tag } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { Connector, ConnectorRun } from "../../sdk/types";
import { ConnectorForm } from "./ConnectorForm";
import { RunHistory } from "./RunHistory";
import { planOf } from "./plan";

const COLOURS: Record<string, string> = { succeeded: "success", running: "processing", failed: "error", interrupted: "warning", cancelled: "default" };

export function ConnectorsPage() {
  const t = useT();
  const [writing, setWriting] = useState<Connector | "new" | null>(null);
  const [shown, setShown] = useState<Connector | null>(null);
  const connectors = useAsk(["connectors"], api.connectors);
  const again = () => client.invalidateQueries({ queryKey: ["connectors"] });
  const run = useMutation({
    mutationFn: (connector: Connector) => api.runConnector(connector.id),
    onSuccess: async (_, connector) => {
      setShown(connector);
      await again();
    },
  });
  const remove = useMutation({ mutationFn: (connector: Connector) => api.removeConnector(connector.id, connector.revision), onSuccess: again });
  const failed = [run, remove].find((step) => step.isError);
  return (
    <PageFrame
      title={t("connectors.title")}
      question={t("connectors.question")}
      tools={<Button type="primary" onClick={() => setWriting("new")}>{t("connectors.create")}</Button>}
    >
      {failed ? <FailureView error={failed.error} /> : null}
      <Answer query={connectors} rows={6}>
        {(found) => (
          <Card label={t("connectors.title")}>
            <DataTable<Connector>
              label={t("connectors.title")}
              file="connectors"
              rows={found}
              rowKey={(connector) => connector.id}
              loading={connectors.isFetching}
              empty={<Empty title={t("connectors.none")} hint={t("connectors.noneHint")} />}
              columns={[
                {
                  key: "name",
                  title: t("common.name"),
                  head: true,
                  value: (connector) => connector.name,
                  render: (connector) => (
                    <span style={{ display: "inline-block", whiteSpace: "normal" }}>
                      <b>{connector.name}</b> {connector.enabled ? null : <Tag>{t("connectors.disabled")}</Tag>}
                      <div className="muted">{t(`connectors.kindOf.${connector.settings.kind}`)}</div>
                    </span>
                  ),
                },
                { key: "target", title: t("connectors.target"), value: (connector) => connector.dataset ?? connector.mapping },
                { key: "plan", title: t("connectors.schedule"), value: (connector) => planOf(t, connector.schedule) },
                {
                  key: "last",
                  title: t("connectors.lastRun"),
                  value: (connector) => connector.last_run?.state ?? null,
                  render: (connector) => (connector.last_run ? <RunState run={connector.last_run} /> : "—"),
                },
                { key: "lastAt", title: t("connectors.lastAt"), kind: "instant", value: (connector) => connector.last_run?.started_at ?? null },
                { key: "nextAt", title: t("connectors.nextAt"), kind: "instant", value: (connector) => connector.next_run_at ?? null },
                {
                  key: "actions",
                  title: t("common.actions"),
                  sortable: false,
                  value: () => null,
                  render: (connector) => (
                    <Space wrap>
                      <Button size="small" disabled={!connector.enabled} loading={run.isPending && run.variables?.id === connector.id} onClick={() => run.mutate(connector)}>
                        {t("connectors.run")}
                      </Button>
                      <Button size="small" onClick={() => setShown(connector)}>{t("connectors.runs")}</Button>
                      <Button size="small" onClick={() => setWriting(connector)}>{t("connectors.change")}</Button>
                      <Popconfirm title={t("connectors.removeAsk", { name: connector.name })} okText={t("connectors.remove")} cancelText={t("common.cancel")} onConfirm={() => remove.mutate(connector)}>
                        <Button size="small" danger>{t("connectors.remove")}</Button>
                      </Popconfirm>
                    </Space>
                  ),
                },
              ]}
            />
          </Card>
        )}
      </Answer>
      {writing ? <ConnectorForm connector={writing === "new" ? null : writing} onClose={() => setWriting(null)} /> : null}
      {shown ? <RunHistory connector={shown} onClose={() => setShown(null)} /> : null}
    </PageFrame>
  );
}

export function RunState({ run }: { run: ConnectorRun }) {
  const t = useT();
  const states = ["running", "succeeded", "failed", "cancelled", "interrupted"] as const;
  const known = states.find((state) => state === run.state);
  return (
    <>
      <Tag color={COLOURS[run.state]}>{known ? t(`connectors.stateOf.${known}`) : run.state}</Tag>
      {run.notices.length > 0 ? <Tag color="warning">{t("connectors.noticesCount", { count: run.notices.length })}</Tag> : null}
    </>
  );
}
