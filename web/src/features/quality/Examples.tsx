// Rows that fail one rule, as the caller may see them.
import { Modal } from "antd";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useAsk } from "../../sdk/query";
import { RowTable } from "../../sdk/RowTable";
import { Answer, Empty } from "../../sdk/States";

export function Examples({ dataset, rule, onClose }: { dataset: string; rule: string; onClose: () => void }) {
  const t = useT();
  const found = useAsk(["quality", dataset, "examples", rule], () => api.qualityExamples(dataset, rule));
  return (
    <Modal open title={t("quality.examplesOf", { rule })} onCancel={onClose} footer={null} width={1000}>
      <p className="muted">{t("quality.examplesHint")}</p>
      <Answer query={found} rows={6}>
        {(rows) =>
          rows.rows.length === 0 ? (
            <Empty title={t("quality.noExamples")} />
          ) : (
            <>
              <RowTable rows={rows} file={`${dataset}-${rule}`} page={1} pageSize={20} hasMore={false} onPage={() => undefined} />
              <ProvenanceFooter inputs={rows.inputs} />
            </>
          )
        }
      </Answer>
    </Modal>
  );
}
