// One pair with everything decided about it, and a decision on what is shown.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Form, Input, Select, Tag } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { MatchDecision, MatchPair, MatchVerdict } from "../../sdk/types";
import { PairView } from "./PairView";

const VERDICTS = ["same", "different", "unsure", "withdrawn"] as const;

export function PairCard({ id }: { id: string }) {
  const t = useT();
  const navigate = useNavigate({ from: "/matching/$id" });
  const pair = useAsk(["matching", "pair", id], () => api.matchPair(id));
  return (
    <Answer query={pair} rows={8}>
      {(detail) => (
        <div className="stack">
          <Card title={t("matching.pairs")} tools={<Button onClick={() => void navigate({ search: (s) => ({ ...s, pair: undefined }) })}>{t("matching.tabPairs")}</Button>}>
            <PairView pair={detail.card} />
            {detail.card.state === "closed" ? null : <Decide pair={detail.card} />}
          </Card>
          <Card title={t("matching.decisions")}>
            <DataTable<MatchDecision>
              label={t("matching.decisions")}
              file="decisions"
              rows={detail.decisions}
              rowKey={(decision) => decision.number}
              empty={<Empty title={t("matching.noDecisions")} hint={t("matching.noDecisionsHint")} />}
              columns={[
                { key: "at", title: t("quality.at"), kind: "instant", head: true, value: (decision) => decision.at },
                {
                  key: "verdict",
                  title: t("matching.verdict"),
                  value: (decision) => decision.verdict,
                  render: (decision) => {
                    const known = VERDICTS.find((verdict) => verdict === decision.verdict);
                    return <>{known ? t(`matching.${known}`) : decision.verdict} {decision.records_changed ? <Tag color="warning">{t("matching.recordsChanged")}</Tag> : null}</>;
                  },
                },
                { key: "reason", title: t("matching.reason"), value: (decision) => decision.reason },
                { key: "actor", title: t("matching.actor"), value: (decision) => decision.actor },
              ]}
            />
          </Card>
        </div>
      )}
    </Answer>
  );
}

function Decide({ pair }: { pair: MatchPair }) {
  const t = useT();
  const [form] = Form.useForm<{ verdict: MatchVerdict; reason: string }>();
  const save = useMutation({
    mutationFn: (given: { verdict: MatchVerdict; reason?: string }) => api.decideMatchPair(pair.id, { verdict: given.verdict, reason: given.reason ?? "", revision: pair.revision }),
    onSuccess: async () => {
      form.resetFields();
      await client.invalidateQueries({ queryKey: ["matching"] });
    },
  });
  return (
    <>
      {save.isError ? <FailureView error={save.error} /> : null}
      <Form form={form} layout="vertical" onFinish={(given) => save.mutate(given)} className="match-actions">
        <Form.Item name="verdict" label={t("matching.verdict")} rules={[{ required: true, message: t("components.required") }]}>
          <Select style={{ minWidth: 140 }} options={VERDICTS.map((verdict) => ({ value: verdict, label: t(`matching.${verdict}`) }))} />
        </Form.Item>
        <Form.Item name="reason" label={`${t("matching.reason")}（${t("matching.reasonHint")}）`} style={{ flex: 1 }}>
          <Input maxLength={1000} />
        </Form.Item>
        <Button htmlType="submit" loading={save.isPending}>{t("matching.decide")}</Button>
      </Form>
    </>
  );
}
