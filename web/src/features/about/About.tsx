import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer } from "../../sdk/States";

const NODE_ROLES = ["center", "brain", "edge"] as const;
const IDEAS = ["component", "grant", "provenance", "evidence"] as const;

export function About() {
  const t = useT();
  const settings = useAsk(["portal"], api.portal);
  return (
    <PageFrame title={t("about.title")} question={t("about.question")}>
      <div className="stack">
        <Card label={t("about.title")}>
          <Answer query={settings} rows={3}>
            {(s) => {
              const role = NODE_ROLES.find((r) => r === s.role);
              return (
                <dl className="facts">
                  <dt>{t("about.node")}</dt>
                  <dd>{s.node_name}</dd>
                  <dt>{t("about.role")}</dt>
                  <dd>{role ? t(`about.nodeRole.${role}`) : s.role}</dd>
                  <dt>{t("about.version")}</dt>
                  <dd>{s.version}</dd>
                </dl>
              );
            }}
          </Answer>
        </Card>
        <Card title={t("about.ideas")}>
          <dl className="facts">
            {IDEAS.map((idea) => (
              <div key={idea} style={{ display: "contents" }}>
                <dt>{t(`about.${idea}`)}</dt>
                <dd>{t(`about.${idea}Text`)}</dd>
              </div>
            ))}
          </dl>
        </Card>
        <p className="muted">{t("about.licence")}</p>
        <p><a href="/api/v1/openapi.json">{t("about.api")}</a></p>
      </div>
    </PageFrame>
  );
}
