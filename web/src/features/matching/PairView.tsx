// Two records side by side: what differs is marked, and each field says in words what it means.
import { Progress, Tag } from "antd";
import { number } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import type { MatchField, MatchPair } from "../../sdk/types";
import { difference, type Piece } from "./difference";
import { precision } from "./estimate";

export function PairView({ pair }: { pair: MatchPair }) {
  const t = useT();
  return (
    <div>
      <div className="match-head">
        <span>{t("matching.probability")}</span>
        <Progress percent={Math.round(pair.probability * 1000) / 10} format={() => precision(pair.probability)} aria-label={t("matching.probability")} className="match-meter" />
        <Tag>{t(`matching.pairStateOf.${pair.state}`)}</Tag>
        {pair.sample ? <Tag>{t("matching.sampled")}</Tag> : null}
        {pair.changed ? <Tag color="warning">{t("matching.changedSince")}</Tag> : null}
      </div>
      <table className="match-pair">
        <caption className="sr">{t("matching.pairs")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("matching.field")}</th>
            <Side record={pair.left} title={t("matching.leftRecord")} />
            <Side record={pair.right} title={t("matching.rightRecord")} />
            <th scope="col">{t("matching.evidence")}</th>
          </tr>
        </thead>
        <tbody>
          {pair.fields.map((field) => <Field key={field.field} field={field} />)}
          {pair.relatives ? (
            <tr>
              <th scope="row">{t("matching.relatives")}</th>
              <td colSpan={2} />
              <td data-label={t("matching.evidence")}>{text(pair.relatives.says)}</td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

function Side({ record, title }: { record: MatchPair["left"]; title: string }) {
  const t = useT();
  return (
    <th scope="col">
      {title}
      <span className="muted wrap" style={{ display: "block", fontWeight: 400 }}>
        {record.dataset} {record.visible ? record.key : t("matching.hidden")}
      </span>
    </th>
  );
}

function Field({ field }: { field: MatchField }) {
  const t = useT();
  const [left, right] = field.left != null && field.right != null ? difference(field.left, field.right) : [undefined, undefined];
  return (
    <tr className={field.differs ? "differs" : undefined}>
      <th scope="row">{field.field}</th>
      <td data-label={t("matching.leftRecord")}><Value value={field.left} pieces={left} masked={field.left_masked} /></td>
      <td data-label={t("matching.rightRecord")}><Value value={field.right} pieces={right} masked={field.right_masked} /></td>
      <td data-label={t("matching.evidence")}>
        {field.evidence.map((evidence) => (
          <div key={evidence.method}>
            {evidence.level ? <b>{text(evidence.level)}</b> : null} <span>{text(evidence.says)}</span>
            {evidence.level ? <small className="muted"> {t("matching.bits", { bits: number(evidence.bits, 1) })}</small> : null}
          </div>
        ))}
      </td>
    </tr>
  );
}

function Value({ value, pieces, masked }: { value: string | null | undefined; pieces?: Piece[]; masked: boolean }) {
  const t = useT();
  return (
    <span className="wrap">
      {value == null ? <i className="muted">{t("matching.missing")}</i> : (pieces ?? [{ text: value, shared: true }]).map((piece, at) => (piece.shared ? <span key={at}>{piece.text}</span> : <mark key={at}>{piece.text}</mark>))}
      {masked ? <Tag style={{ marginInlineStart: 6 }}>{t("matching.masked")}</Tag> : null}
    </span>
  );
}
