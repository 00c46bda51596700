// What a run would do, and what one did.
import { DataTable } from "../../sdk/DataTable";
import { text, useT } from "../../sdk/i18n";
import type { ModelRun, ModelStep, ModelTest } from "../../sdk/types";

const wrapped = (words: string) => <span style={{ display: "inline-block", maxWidth: 380, whiteSpace: "normal" }}>{words || "—"}</span>;

export function PlanTable({ steps }: { steps: ModelStep[] }) {
  const t = useT();
  const why = (step: ModelStep) => step.reasons.map(text).join("; ");
  return (
    <DataTable<ModelStep>
      label={t("models.planned")}
      rows={steps}
      rowKey={(step) => step.model}
      pageSize={50}
      columns={[
        { key: "model", title: t("common.name"), value: (step) => step.model, head: true, render: (step) => <span className="mono">{step.model}</span> },
        { key: "standing", title: t("models.health"), value: (step) => t(`models.standingOf.${step.standing}`) },
        { key: "mode", title: t("models.mode"), value: (step) => (step.standing === "stale" ? t(`models.modeOf.${step.mode}`) : null) },
        { key: "why", title: t("models.why"), value: why, render: (step) => wrapped(why(step)) },
        { key: "rows", title: t("models.rows"), kind: "count", value: (step) => step.rows },
        { key: "expected", title: t("models.expected"), kind: "count", value: (step) => step.rows_estimate },
      ]}
    />
  );
}

export function RunTable({ runs }: { runs: ModelRun[] }) {
  const t = useT();
  const failing = runs.flatMap((run) => run.tests.filter((test) => test.standing === "failed" || test.standing === "unmeasured").map((test) => ({ run, test })));
  const why = (run: ModelRun) => (run.reason ? text(run.reason) : "");
  return (
    <>
      <div role="status">
        <DataTable<ModelRun>
          label={t("models.done")}
          rows={runs}
          rowKey={(run) => run.model}
          pageSize={50}
          columns={[
            { key: "model", title: t("common.name"), value: (run) => run.model, head: true, render: (run) => <span className="mono">{run.model}</span> },
            { key: "state", title: t("models.health"), value: (run) => t(`models.stateOf.${run.state}`) },
            { key: "mode", title: t("models.mode"), value: (run) => (run.state === "ran" ? t(`models.modeOf.${run.mode}`) : null) },
            { key: "rows", title: t("models.rows"), kind: "count", value: (run) => run.rows },
            { key: "seconds", title: t("models.seconds"), kind: "decimal", value: (run) => run.seconds },
            { key: "why", title: t("models.why"), value: why, render: (run) => wrapped(why(run)) },
          ]}
        />
      </div>
      {failing.map(({ run, test }, at) => <Failing key={`${run.model} ${at}`} model={run.model} test={test} />)}
    </>
  );
}

function Failing({ model, test }: { model: string; test: ModelTest }) {
  const t = useT();
  const examples = test.examples;
  return (
    <section aria-label={`${model}: ${test.test}`}>
      <h3 className="wrap"><span className="mono">{model}</span>: {test.test}</h3>
      <p>{text(test.says)}</p>
      {examples ? (
        <div style={{ overflowX: "auto" }} tabIndex={0} role="region" aria-label={t("models.examples")}>
          <table className="plain">
            <caption>{t("models.examples")}</caption>
            <thead><tr>{examples.columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr></thead>
            <tbody>
              {examples.rows.map((row, at) => (
                // oxlint-disable-next-line react/no-array-index-key -- rows have no identity of their own
                <tr key={at}>{row.map((cell, place) => <td key={examples.columns[place]}>{cell ?? "—"}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </section>
  );
}
