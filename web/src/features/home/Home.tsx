// The first page: what needs attention, and doors named by the questions they answer.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useT } from "../../sdk/i18n";
import { PageFrame } from "../../sdk/Page";
import { useParty } from "../../sdk/session";
import type { Role } from "../../sdk/types";
import { ENTRIES, type PagePath } from "../../shell/Navigation";
import { IdcardOutlined } from "@ant-design/icons";
import { AuditorAttention, AuthorAttention, ChainAttention, EnterpriseAttention, SecurityAttention, SystemAttention } from "./Attention";

type Question =
  | "chain" | "gap" | "candidates" | "risk" | "map" | "firms" | "data" | "ingest" | "sql" | "components" | "evidence"
  | "accounts" | "myData" | "suppliers";

const QUESTIONS: Record<Role, Question[]> = {
  government: ["chain", "gap", "candidates", "risk", "map", "firms"],
  industry_body: ["chain", "candidates", "gap", "map", "firms", "data"],
  enterprise: ["suppliers", "chain", "firms", "map", "myData"],
  component_author: ["components", "sql", "data", "chain"],
  system_administrator: ["accounts", "ingest", "data", "components", "chain"],
  security_administrator: ["accounts", "data"],
  auditor: ["evidence", "accounts", "data"],
};

const TARGET: Partial<Record<Question, PagePath>> = { myData: "/data", suppliers: "/candidates" };

function entry(question: Question): { to: PagePath; icon: ReactNode } {
  const to = TARGET[question];
  const all = Object.values(ENTRIES).flat();
  const found = all.find((e) => (to ? e.to === to : e.key === question));
  return { to: to ?? found?.to ?? "/", icon: found?.icon };
}

export function Home() {
  const t = useT();
  const party = useParty();
  if (!party) return null;
  return (
    <PageFrame title={t("home.hello", { name: party.display_name })} question={t("app.tagline")}>
      <section style={{ marginBottom: 28 }} aria-label={t("home.attention")}>
        <h2 style={{ fontSize: 16, marginBottom: 10 }}>{t("home.attention")}</h2>
        {party.role === "system_administrator" ? (
          <SystemAttention />
        ) : party.role === "security_administrator" ? (
          <SecurityAttention />
        ) : party.role === "auditor" ? (
          <AuditorAttention />
        ) : party.role === "component_author" ? (
          <AuthorAttention />
        ) : party.role === "enterprise" && party.organisation ? (
          <EnterpriseAttention organisation={party.organisation} />
        ) : (
          <ChainAttention />
        )}
      </section>
      <section aria-label={t("home.questions")}>
        <h2 style={{ fontSize: 16, marginBottom: 10 }}>{t("home.questions")}</h2>
        <div className="tiles">
          {party.organisation ? (
            <Link to="/firms/$id" params={{ id: party.organisation }} className="tile">
              <span className="icon" aria-hidden="true"><IdcardOutlined /></span>
              <span><b>{t("home.ask.myFirm")}</b><span className="sub">{t("home.ask.myFirmSub")}</span></span>
            </Link>
          ) : null}
          {QUESTIONS[party.role].map((question) => {
            const { to, icon } = entry(question);
            return (
              <Link key={question} to={to} className="tile">
                <span className="icon" aria-hidden="true">{icon}</span>
                <span><b>{t(`home.ask.${question}`)}</b><span className="sub">{t(`home.ask.${question}Sub`)}</span></span>
              </Link>
            );
          })}
        </div>
      </section>
    </PageFrame>
  );
}
