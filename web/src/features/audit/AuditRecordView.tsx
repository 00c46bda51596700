// One access in full: everything recorded of it, and where the record is anchored.
import { Link } from "@tanstack/react-router";
import { Modal } from "antd";
import type { ReactNode } from "react";
import { api } from "../../sdk/api";
import { instant, number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { Answer } from "../../sdk/States";
import type { AuditDetail } from "../../sdk/types";

export function AuditRecordView({ seq, names, onClose }: { seq: number; names: Map<string, string>; onClose: () => void }) {
  const t = useT();
  const detail = useAsk(["audit-record", seq], () => api.auditRecord(seq));
  return (
    <Modal open title={t("audit.recordTitle", { seq })} onCancel={onClose} footer={null} width={760}>
      <Answer query={detail} rows={8}>{(found) => <Facts detail={found} names={names} />}</Answer>
    </Modal>
  );
}

function Facts({ detail, names }: { detail: AuditDetail; names: Map<string, string> }) {
  const t = useT();
  const last = detail.records.at(-1);
  const first = detail.records[0];
  if (!last || !first) return null;
  const facts: [string, ReactNode][] = [
    [t("audit.who"), <>{names.get(last.account) ?? last.account} <span className="muted mono">{last.account}</span></>],
    [t("audit.organisation"), last.organisation],
    [t("audit.credential"), <span key="c" className="mono wrap">{last.credential}</span>],
    [t("audit.address"), last.address],
    [t("audit.channel"), t(`audit.channelOf.${last.channel}`)],
    [t("audit.begun"), instant(first.time)],
    [t("audit.ended"), last.outcome === "opened" ? null : instant(last.time)],
    [t("audit.operation"), <span key="o" className="mono wrap">{last.operation}</span>],
    [t("audit.purpose"), last.purpose],
    [t("audit.rows"), last.rows === null || last.rows === undefined ? null : number(last.rows)],
    [t("audit.bytes"), last.bytes === null || last.bytes === undefined ? null : number(last.bytes)],
    [t("audit.outcome"), t(`audit.outcomeOf.${last.outcome}`)],
    [t("audit.reason"), last.reason ? <span key="r" className="mono">{last.reason}</span> : null],
    [t("audit.trace"), last.trace_id ? <span key="t" className="mono wrap">{last.trace_id}</span> : null],
    [t("audit.anchor"), detail.anchor ? t("audit.anchorAt", { batch: number(detail.anchor.batch), seq: number(detail.anchor.evidence) }) : t("audit.anchorSoon")],
  ];
  return (
    <>
      <dl className="facts">
        {facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [<dt key={`${name}-t`}>{name}</dt>, <dd key={name}>{value}</dd>])}
      </dl>
      {last.exchange ? <p className="muted">{t("audit.exchange")}</p> : null}
      {last.inputs.length > 0 ? (
        <>
          <h3 style={{ fontSize: 14, marginTop: 12 }}>{t("audit.what")}</h3>
          <ul>
            {last.inputs.map((input) => (
              <li key={`${input.dataset}@${input.version ?? ""}`} className="wrap">
                <Link to="/data/$name" params={{ name: input.dataset }} className="mono">{input.dataset}{input.version === null || input.version === undefined ? "" : `@${input.version}`}</Link>
                {input.grant ? <span className="muted"> {t("audit.grant")} <span className="mono">{input.grant}</span></span> : null}
                {input.agreement ? <span className="muted"> {t("audit.agreement")} {input.agreement}</span> : null}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {last.statement ? (
        <>
          <h3 style={{ fontSize: 14, marginTop: 12 }}>{t("audit.statement")}</h3>
          <pre className="formula json" tabIndex={0}>{last.statement}</pre>
        </>
      ) : null}
    </>
  );
}
