// Rules the data seems to follow: the owner chooses, and what is chosen is added to the rules.
import { Checkbox, Input, Modal } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { QualityCard, QualityProposal } from "../../sdk/types";
import { useChangeRules } from "./RulesEditor";

export function Proposals({ card, onClose }: { card: QualityCard; onClose: () => void }) {
  const t = useT();
  const reasonId = useId();
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const [reason, setReason] = useState<string>(t("quality.acceptReason"));
  const found = useAsk(["quality", card.dataset, "proposals", card.rules_version], () => api.proposeQualityRules(card.dataset));
  const change = useChangeRules(card, onClose);
  const picked = (found.data ?? []).filter((p) => chosen?.has(p.rule.id) ?? true);
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen ?? (found.data ?? []).map((p) => p.rule.id));
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  return (
    <Modal
      open
      title={t("quality.proposals")}
      width={840}
      onCancel={onClose}
      okText={t("quality.accept", { n: number(picked.length) })}
      cancelText={t("common.cancel")}
      okButtonProps={{ disabled: picked.length === 0 || reason.trim() === "" }}
      confirmLoading={change.isPending}
      onOk={() => change.mutate({ toml: joined(card.toml, picked), reason })}
    >
      {change.isError ? <FailureView error={change.error} /> : null}
      <Answer query={found} rows={8}>
        {(proposals) =>
          proposals.length === 0 ? (
            <Empty title={t("quality.noProposals")} />
          ) : (
            <>
              <p className="muted">{t("quality.proposalsHint")}</p>
              <ul style={{ listStyle: "none", padding: 0, maxHeight: "50vh", overflowY: "auto" }}>
                {proposals.map((p) => (
                  <li key={p.rule.id} style={{ padding: "6px 0" }}>
                    <Checkbox checked={chosen?.has(p.rule.id) ?? true} onChange={(event) => toggle(p.rule.id, event.target.checked)}>
                      <span className="wrap">{text(p.says)}</span>
                      <span className="muted wrap" style={{ display: "block" }}>{t("quality.evidence")}：{text(p.evidence)}</span>
                    </Checkbox>
                  </li>
                ))}
              </ul>
              <label htmlFor={reasonId}>{t("quality.reason")}</label>
              <Input id={reasonId} value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />
            </>
          )
        }
      </Answer>
    </Modal>
  );
}

/** The rules with what was chosen behind them. */
export function joined(toml: string, picked: QualityProposal[]): string {
  const before = toml.trimEnd();
  const added = picked.map((p) => p.toml.trim()).join("\n\n");
  return before === "" ? `${added}\n` : `${before}\n\n${added}\n`;
}
