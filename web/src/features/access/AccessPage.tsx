// Who can see what, and why: an account, a dataset, or both.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Form, Input, Select } from "antd";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { date } from "../../sdk/format";
import { text, useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer } from "../../sdk/States";
import type { Explanation } from "../../sdk/types";
import { useGradeName } from "../data/Catalogue";

const ACTIONS = ["read", "run", "export", "publish", "move"] as const;

interface Question {
  account?: string;
  dataset?: string;
  purpose?: string;
  action?: (typeof ACTIONS)[number];
}

export function AccessPage() {
  const t = useT();
  const search = useSearch({ from: "/shell/access" });
  const navigate = useNavigate({ from: "/access" });
  const asked: Question = { ...search, action: ACTIONS.find((a) => a === search.action) };
  const answers = useAsk(["access", asked], () => api.access(asked));
  const [form] = Form.useForm<Question>();
  const apply = (q: Question) =>
    void navigate({ search: { account: q.account?.trim() || undefined, dataset: q.dataset?.trim() || undefined, purpose: q.purpose?.trim() || undefined, action: q.action } });
  return (
    <PageFrame title={t("access.title")} question={t("access.question")}>
      <Card label={t("access.title")}>
        <Form form={form} layout="inline" initialValues={{ action: "read", ...asked }} onFinish={apply} style={{ rowGap: 8, marginBottom: 16 }}>
          <Form.Item name="account" label={t("access.account")}><Input allowClear placeholder={t("access.accountHelp")} /></Form.Item>
          <Form.Item name="dataset" label={t("accounts.dataset")}><Input allowClear className="mono" placeholder="subject.enterprise" /></Form.Item>
          <Form.Item name="purpose" label={t("accounts.purpose")}><Input allowClear placeholder="browse" /></Form.Item>
          <Form.Item name="action" label={t("access.action")}>
            <Select style={{ minWidth: 110 }} options={ACTIONS.map((a) => ({ value: a, label: t(`access.actionOf.${a}`) }))} />
          </Form.Item>
          <Button type="primary" htmlType="submit">{t("access.ask")}</Button>
        </Form>
        <Answer query={answers} rows={6}>
          {(found) => {
            const [only] = found.items;
            if (found.items.length === 1 && only) return <One answer={only} />;
            return <Many answers={found.items} onOpen={(e) => apply({ ...asked, account: e.account, dataset: e.dataset })} />;
          }}
        </Answer>
      </Card>
    </PageFrame>
  );
}

function One({ answer }: { answer: Explanation }) {
  const t = useT();
  const gradeName = useGradeName();
  const masks = Object.entries(answer.masks ?? {});
  const misses = answer.candidates.filter((c) => !c.opens);
  return (
    <div className="stack" data-testid="access-answer">
      <Alert
        type={answer.allow ? "success" : "warning"}
        showIcon
        title={t(answer.allow ? "access.yes" : "access.no", { account: answer.account_name, dataset: answer.dataset, action: t(`access.actionOf.${answer.action}`) })}
        description={answer.needed ? t("access.needed", { what: text(answer.needed) }) : undefined}
      />
      <ol aria-label={t("access.reasons")}>{answer.reasons.map((r) => <li key={text(r.text)}>{text(r.text)}</li>)}</ol>
      <dl className="facts">
        <dt>{t("accounts.role")}</dt><dd>{t(`role.${answer.role}`)}</dd>
        <dt>{t("access.clearance")}</dt><dd>{gradeName(answer.clearance)}</dd>
        <dt>{t("data.grade")}</dt><dd>{gradeName(answer.grade)}</dd>
        {answer.grant ? <><dt>{t("accounts.tabGrants")}</dt><dd className="mono">{answer.grant}</dd></> : null}
        {answer.basis ? <><dt>{t("accounts.basis")}</dt><dd>{text(answer.basis)}</dd></> : null}
        {answer.allow ? <><dt>{t("accounts.rows")}</dt><dd className="mono wrap">{rowsText(answer.rows, t("accounts.allRows"))}</dd></> : null}
        {answer.allow ? <><dt>{t("accounts.masks")}</dt><dd className="wrap">{masks.map(([c, m]) => `${c}: ${typeof m === "string" ? m : JSON.stringify(m)}`).join("、") || t("common.none")}</dd></> : null}
        {answer.allow ? <><dt>{t("accounts.until")}</dt><dd>{answer.until ? date(answer.until) : t("accounts.forever")}</dd></> : null}
      </dl>
      {misses.length > 0 ? (
        <section>
          <h3>{t("access.misses")}</h3>
          <ul>{misses.map((c) => <li key={c.grant}><span className="mono">{c.grant}</span>：{text(c.why_not)}</li>)}</ul>
        </section>
      ) : null}
    </div>
  );
}

function rowsText(rows: unknown, everything: string): string {
  const all = typeof rows === "object" && rows !== null && "all" in rows && Array.isArray(rows.all) && rows.all.length === 0;
  return all || rows === null || rows === undefined ? everything : JSON.stringify(rows);
}

function Many({ answers, onOpen }: { answers: Explanation[]; onOpen: (e: Explanation) => void }) {
  const t = useT();
  const gradeName = useGradeName();
  const last = (e: Explanation) => text(e.reasons.at(-1)?.text);
  return (
    <DataTable<Explanation>
      label={t("access.title")}
      file="access"
      rows={answers}
      rowKey={(e) => `${e.account}/${e.dataset}`}
      columns={[
        { key: "account", title: t("access.account"), value: (e) => e.account_name, render: (e) => <span style={{ whiteSpace: "normal" }}>{e.account_name}</span> },
        {
          key: "dataset",
          title: t("accounts.dataset"),
          value: (e) => e.dataset,
          head: true,
          render: (e) => <button type="button" className="plain-button mono" onClick={() => onOpen(e)}>{e.dataset}</button>,
        },
        { key: "grade", title: t("data.grade"), value: (e) => gradeName(e.grade) },
        { key: "allow", title: t("access.answer"), value: (e) => (e.allow ? t("access.may") : t("access.mayNot")) },
        { key: "masks", title: t("accounts.masks"), kind: "count", value: (e) => Object.keys(e.masks ?? {}).length },
        { key: "why", title: t("access.reasons"), value: last, render: (e) => <span style={{ whiteSpace: "normal" }}>{last(e)}</span> },
      ]}
    />
  );
}
