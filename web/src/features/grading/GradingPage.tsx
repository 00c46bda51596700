// What is of which grade, what waits for a decision and why, and what must be filed.
import { Tabs } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { date, number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { useParty } from "../../sdk/session";
import { Answer, Empty } from "../../sdk/States";
import type { DatasetGrades, Filing, Role } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";
import { Queue } from "./Queue";

/** Who sees what must be filed. */
const FILES: Role[] = ["security_administrator", "auditor", "government"];

export function GradingPage() {
  const t = useT();
  const party = useParty();
  const files = party !== undefined && FILES.includes(party.role);
  return (
    <PageFrame title={t("grading.title")} question={t("grading.question")}>
      <Card label={t("grading.title")}>
        <Tabs
          items={[
            { key: "report", label: t("grading.tabReport"), children: <Report /> },
            { key: "queue", label: t("grading.tabQueue"), children: <Queue /> },
            ...(files ? [{ key: "filings", label: t("grading.tabFilings"), children: <Filings /> }] : []),
          ]}
        />
      </Card>
    </PageFrame>
  );
}

function Report() {
  const t = useT();
  const gradeName = useGradeName();
  const report = useAsk(["grading-report"], api.gradingReport);
  return (
    <Answer query={report} rows={6}>
      {(r) => (
        <div className="stack">
          <div className="figures">
            {r.grades.map((g) => (
              <Figure key={g.grade} label={gradeName(g.grade)} value={number(g.columns)} unit={t("grading.columnsUnit")} note={t("grading.datasetsNote", { n: number(g.datasets) })} />
            ))}
          </div>
          <DataTable<DatasetGrades>
            label={t("grading.tabReport")}
            file="grading"
            rows={r.datasets}
            rowKey={(d) => d.dataset}
            empty={<Empty title={t("grading.noData")} hint={t("grading.noDataHint")} />}
            columns={[
              { key: "dataset", title: t("grading.dataset"), value: (d) => d.dataset, head: true },
              { key: "grade", title: t("data.grade"), value: (d) => gradeName(d.grade) },
              { key: "highest", title: t("grading.highest"), value: (d) => (d.highest_column ? gradeName(d.highest_column) : null) },
              { key: "personal", title: t("grading.personal"), value: (d) => d.personal_columns.join("、") },
              { key: "open", title: t("grading.open"), kind: "count", value: (d) => d.open },
              { key: "owner", title: t("grading.owner"), value: (d) => d.owner, minor: true },
            ]}
          />
        </div>
      )}
    </Answer>
  );
}

function Filings() {
  const t = useT();
  const gradeName = useGradeName();
  const filings = useAsk(["grading-filings"], api.gradingFilings);
  return (
    <Answer query={filings} rows={4}>
      {(items) => (
        <DataTable<Filing>
          label={t("grading.tabFilings")}
          file="important-data-filing"
          rows={items}
          rowKey={(f) => f.row.dataset}
          empty={<Empty title={t("grading.noFilings")} hint={t("grading.noFilingsHint")} />}
          columns={[
            { key: "dataset", title: t("grading.dataset"), value: (f) => f.row.dataset, head: true },
            { key: "class", title: t("grading.class"), value: (f) => f.row.class },
            { key: "grade", title: t("data.grade"), value: (f) => gradeName(f.row.grade) },
            { key: "rows", title: t("grading.rows"), kind: "count", value: (f) => f.row.rows },
            { key: "owner", title: t("grading.owner"), value: (f) => f.row.owner },
            { key: "columns", title: t("grading.scope"), value: (f) => f.row.columns.join("、"), minor: true },
            { key: "source", title: t("grading.source"), value: (f) => f.row.source, minor: true },
            { key: "derived", title: t("grading.sharing"), value: (f) => f.row.derived.join("、"), minor: true },
            { key: "protection", title: t("grading.protection"), value: (f) => f.row.protection, minor: true },
            { key: "filed", title: t("grading.filedAt"), kind: "date", value: (f) => f.filed_at ?? null },
            { key: "change", title: t("grading.change"), kind: "percent", value: (f) => f.change ?? null },
            {
              key: "due",
              title: t("grading.due"),
              value: (f) => (f.due ? `${date(f.due)}${f.overdue ? ` · ${t("grading.overdue")}` : ""}` : null),
            },
          ]}
        />
      )}
    </Answer>
  );
}
