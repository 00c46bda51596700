// My security: password, second factor, sessions, keys for programs.
import { Link } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { api } from "../../sdk/api";
import { date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { useSession } from "../../sdk/session";
import { Answer } from "../../sdk/States";
import { Authenticator } from "./Authenticator";
import { SECURITY_KEY } from "./keys";
import { Consents, Links } from "./Links";
import { Passkeys } from "./Passkeys";
import { Sessions } from "./Sessions";

export function SecurityPage() {
  const t = useT();
  const session = useSession().data;
  const security = useAsk(SECURITY_KEY, api.security);
  const settings = useAsk(["portal"], api.portal);
  return (
    <PageFrame title={t("security.title")} question={t("security.question")}>
      <div className="stack">
        {session?.must_show_second_factor ? <Alert type="warning" showIcon title={t("security.due")} /> : null}
        {settings.data && !settings.data.second_factor_enforced ? <Alert type="info" showIcon title={t("signIn.relaxed")} /> : null}
        <Answer query={security}>
          {(card) => (
            <div className="stack">
              <Card title={t("security.password")}>
                <p>
                  {t("security.changed", { when: date(card.password_changed_at) })}
                  {card.password_expires_at ? ` · ${t("security.expires", { when: date(card.password_expires_at) })}` : null}
                </p>
                <Link to="/password"><Button>{t("password.title")}</Button></Link>
              </Card>
              <Passkeys passkeys={card.passkeys} />
              <Authenticator card={card} />
              {session?.must_show_second_factor ? null : (
                <>
                  <Links />
                  <Consents />
                  <Sessions sessions={card.sessions} />
                </>
              )}
            </div>
          )}
        </Answer>
      </div>
    </PageFrame>
  );
}
